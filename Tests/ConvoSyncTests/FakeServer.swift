import ConvoAPI
import ConvoJSON
import ConvoModel
import Synchronization

@testable import ConvoSync

/// A server in memory that does what the API does, records each request, and fails where a test wants it to.
final class FakeServer: ConversationsAPI {
    struct Held: Sendable {
        let id: String
        let createdAt: Timestamp
        var updatedAt: Timestamp
        var metadata: JSONText?
        var entries: [JSONText] = []
    }

    private struct PlannedFailure: Sendable {
        let request: String
        let error: APIError
        /// Whether the server carries the request out before it fails.
        let isAfter: Bool
        /// How many such requests succeed first.
        var skips: Int
    }

    private struct State: Sendable {
        /// The conversations, newest first.
        var conversations: [Held] = []
        var requests: [String] = []
        var failures: [PlannedFailure] = []
        var writes: Int64 = 0
        var answers = true
        /// The ids of conversations that exist and are on no page of the list.
        var unlisted: Set<String> = []
        /// The answers that leave `metadata` out: `true` for the list, `false` for `get`.
        var hidesMetadata: Set<Bool> = []
        var account: Account?
        /// How descriptions of conversations write `updated_at`.
        var writesTime: @Sendable (Timestamp) -> String = { $0.text }
        var stream: (events: [ConversationEvent], error: APIError?) = ([], nil)
        /// What happens while an answer is on its way.
        var delays: [String: @Sendable () -> Void] = [:]
        /// Whether the client keeps histories in a file that it cannot read any more.
        var losesHistories = false

        var now: Timestamp { Timestamp(microseconds: noon.microseconds + writes) }

        mutating func failure(of request: String, isAfter: Bool) -> APIError? {
            guard
                let index = failures.firstIndex(where: { request.hasPrefix($0.request) && $0.isAfter == isAfter })
            else { return nil }
            if failures[index].skips > 0 {
                failures[index].skips -= 1
                return nil
            }
            return failures.remove(at: index).error
        }

        func index(of id: RemoteID) throws(APIError) -> Int {
            guard let index = conversations.firstIndex(where: { $0.id == id.rawValue }) else { throw .status(404) }
            return index
        }

        mutating func make(_ metadata: JSONText? = nil, entries: [JSONText] = []) -> Int {
            writes += 1
            let id = "conv_\(writes)"
            conversations.insert(
                Held(id: id, createdAt: now, updatedAt: now, metadata: metadata, entries: entries), at: 0)
            return 0
        }

        /// Adds a turn: the inputs, and an answer to them unless the server does not answer.
        mutating func add(_ inputs: Inputs?, to index: Int) throws(APIError) -> ConversationResponse {
            writes += 1
            let at = JSONText.string(now.text)
            for (number, entry) in (inputs?.asEntries ?? []).enumerated() {
                conversations[index].entries.append(
                    entry.setting("id", to: .string("in_\(writes)_\(number)")).setting("created_at", to: at))
            }
            conversations[index].updatedAt = now
            let output = JSONText.object([
                "type": .string("message.output"), "role": .string("assistant"), "id": .string("out_\(writes)"),
                "content": .string("echo"), "created_at": at,
            ])
            if answers { conversations[index].entries.append(output) }
            let raw = JSONText.object([
                "conversation_id": .string(conversations[index].id), "outputs": .array([output]),
            ])
            guard let response = try? ConversationResponse(raw: raw) else { throw .lost }
            return response
        }
    }

    private let state = Mutex(State())
    private let lastDigest = Mutex<PageDigest?>(nil)

    /// The digest that the last request for a page of the list was made with.
    var digestOfLastPage: PageDigest? { lastDigest.withLock { $0 } }

    /// Returns the requests since the last call.
    func requests() -> [String] {
        state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Has a request fail, once.
    ///
    /// - Parameters:
    ///   - request: what the record of the request begins with.
    ///   - error: the error that the client gets.
    ///   - isAfter: whether the server carries the request out before it fails.
    ///   - skips: how many such requests succeed first.
    func fail(_ request: String, _ error: APIError, isAfter: Bool = false, skipping skips: Int = 0) {
        state.withLock {
            $0.failures.append(PlannedFailure(request: request, error: error, isAfter: isAfter, skips: skips))
        }
    }

    /// Does something while each answer to a kind of request is on its way.
    ///
    /// - Parameters:
    ///   - request: what the record of the request begins with.
    ///   - work: what happens.
    func delay(_ request: String, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.delays[request] = work }
    }

    /// Adds another writer's turn.
    func say(_ text: String, in id: RemoteID) {
        state.withLock { state in
            if let index = try? state.index(of: id) { _ = try? state.add(.text(text), to: index) }
        }
    }

    /// Makes a conversation with one turn, as another client would.
    func make(_ text: String = "hello", metadata: JSONText? = nil) -> RemoteID {
        state.withLock { state in
            let index = state.make(metadata)
            _ = try? state.add(.text(text), to: index)
            return RemoteID(state.conversations[index].id)
        }
    }

    func remove(_ id: RemoteID) { state.withLock { $0.conversations.removeAll { $0.id == id.rawValue } } }
    func change(_ id: RemoteID, _ entries: (inout [JSONText]) -> Void) {
        state.withLock { state in
            if let index = try? state.index(of: id) { entries(&state.conversations[index].entries) }
        }
    }
    /// Leaves `metadata` out of answers from now on.
    ///
    /// - Parameter inLists: `true` for the list only, `false` for `get` only, `nil` for both.
    func hideMetadata(inLists: Bool? = nil) {
        state.withLock { $0.hidesMetadata = inLists.map { [$0] } ?? [true, false] }
    }
    /// Has the client lose the files that hold long histories.
    func loseHistories() { state.withLock { $0.losesHistories = true } }
    func describesTimes(as text: @escaping @Sendable (Timestamp) -> String) { state.withLock { $0.writesTime = text } }
    func unlist(_ id: RemoteID) { state.withLock { _ = $0.unlisted.insert(id.rawValue) } }
    func stopAnswering() { state.withLock { $0.answers = false } }
    func belongs(to account: Account?) { state.withLock { $0.account = account } }
    func streams(_ events: [ConversationEvent], error: APIError? = nil) {
        state.withLock { $0.stream = (events, error) }
    }
    func texts(_ id: RemoteID) -> [String] {
        state.withLock { state in
            state.conversations.first { $0.id == id.rawValue }?.entries.compactMap { $0["content"]?.string } ?? []
        }
    }
    var count: Int { state.withLock { $0.conversations.count } }

    private func perform<Answer: Sendable>(
        _ request: String, _ work: (inout State) throws(APIError) -> Answer
    ) throws(APIError) -> Answer {
        let (answer, error, delay) = try state.withLock { state throws(APIError) in
            state.requests.append(request)
            if let error = state.failure(of: request, isAfter: false) { throw error }
            let answer = try work(&state)
            let delay = state.delays.first { request.hasPrefix($0.key) }?.value
            return (answer, state.failure(of: request, isAfter: true), delay)
        }
        delay?()
        if let error { throw error }
        return answer
    }

    private static func described(_ held: Held, _ state: State, inList: Bool) throws(APIError) -> Conversation {
        let raw = JSONText.object([
            "id": .string(held.id), "model": .string("m"), "created_at": .string(held.createdAt.text),
            "updated_at": .string(state.writesTime(held.updatedAt)),
            "metadata": state.hidesMetadata.contains(inList) ? nil : held.metadata,
        ])
        guard let conversation = try? Conversation(raw: raw) else { throw .lost }
        return conversation
    }

    func whoAmI() throws(APIError) -> Account {
        try perform("whoami") { state throws(APIError) in
            guard let account = state.account else { throw .status(404) }
            return account
        }
    }
    func list(page: Int, pageSize: Int, metadata: JSONText?) throws(APIError) -> ConversationPage {
        try perform("list \(page)/\(pageSize)") { state throws(APIError) in
            var conversations: [Conversation] = []
            let listed = state.conversations.filter { !state.unlisted.contains($0.id) }
            for held in listed.dropFirst(page * pageSize).prefix(pageSize) {
                conversations.append(try FakeServer.described(held, state, inList: true))
            }
            return ConversationPage(conversations)
        }
    }
    func list(page: Int, pageSize: Int, unless known: PageDigest?) throws(APIError) -> ListedPage {
        lastDigest.withLock { $0 = known }
        return .read(try list(page: page, pageSize: pageSize, metadata: nil), PageDigest(point: 2, value: 0))
    }
    func get(_ id: RemoteID) throws(APIError) -> Conversation {
        try perform("get \(id)") { state throws(APIError) in
            try FakeServer.described(state.conversations[try state.index(of: id)], state, inList: false)
        }
    }
    func getHistory(of id: RemoteID) throws(APIError) -> ConversationHistory {
        try perform("history \(id)") { state throws(APIError) in
            let raw = JSONText.object([
                "conversation_id": .string(id.rawValue),
                "entries": .array(state.conversations[try state.index(of: id)].entries),
            ])
            guard let history = try? ConversationHistory(raw: raw) else { throw .lost }
            guard state.losesHistories else { return history }
            let lost = HistoryEntries(LostEntries(count: history.entries.count))
            guard let history = try? ConversationHistory(JSONAnswer(raw), entries: lost, oddItems: []) else {
                throw .lost
            }
            return history
        }
    }
    func getMessages(of id: RemoteID) throws(APIError) -> ConversationMessages { throw .status(404) }
    func start(_ request: StartRequest) throws(APIError) -> ConversationResponse {
        try perform("start") { state throws(APIError) in
            let index = state.make(request.metadata)
            return try state.add(request.inputs, to: index)
        }
    }
    func append(_ request: AppendRequest, to id: RemoteID) throws(APIError) -> ConversationResponse {
        try perform("append \(id)") { state throws(APIError) in
            try state.add(request.inputs, to: try state.index(of: id))
        }
    }
    func restart(_ request: RestartRequest, of id: RemoteID) throws(APIError) -> ConversationResponse {
        try perform("restart \(id)") { state throws(APIError) in
            let entries = state.conversations[try state.index(of: id)].entries
            let end = entries.firstIndex { $0["id"]?.string == request.fromEntryID?.rawValue } ?? -1
            let index = state.make(request.metadata, entries: Array(entries.prefix(end + 1)))
            return try state.add(request.inputs, to: index)
        }
    }
    func delete(_ id: RemoteID) throws(APIError) {
        try perform("delete \(id)") { state throws(APIError) in
            state.conversations.remove(at: try state.index(of: id))
            return ()
        }
    }
    func startStream(_ request: StartRequest) throws(APIError) -> ConversationEventStream {
        try stream("start stream")
    }
    func appendStream(_ request: AppendRequest, to id: RemoteID) throws(APIError) -> ConversationEventStream {
        try stream("append stream \(id)")
    }
    func restartStream(_ request: RestartRequest, of id: RemoteID) throws(APIError) -> ConversationEventStream {
        try stream("restart stream \(id)")
    }
    private func stream(_ request: String) throws(APIError) -> ConversationEventStream {
        try perform(request) { state throws(APIError) in
            ConversationEventStream(state.stream.events, error: state.stream.error)
        }
    }
}

/// Entries in a file that cannot be read any more.
final class LostEntries: EntrySpool {
    let count: Int
    let byteCount = 0
    let hasRoom = true
    private let wasAsked = Mutex(false)

    init(count: Int) { self.count = count }

    var isReadable: Bool { wasAsked.withLock { !$0 } }

    func add(_ text: String) {}

    func text(at position: Int) -> String? {
        wasAsked.withLock { $0 = true }
        return nil
    }
}
