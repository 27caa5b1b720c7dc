public import ConvoJSON
public import ConvoModel

/// The Conversations API's rules as a value, with an echo for a model: no socket, no clock, no chance of its own.
///
/// The caller gives each request its time, and chance its seed. The emulator answers with ``Effects``: the result, and
/// the changes of the stored state. Nothing is changed before the caller applies them (``apply(_:at:)``), so that it can
/// write them to a disk first.
///
/// A request that makes the model answer begins a ``Run``. The caller decides when the model answers
/// (``speak(_:at:pause:)``) and when the turn is committed (``finish(_:isKept:at:)``). Until then the server refuses every
/// other writer of the conversation.
///
/// Where the real server's behaviour is unknown, ``Switches`` choose.
public struct Emulator: Sendable {
    /// One request to the API.
    public enum Request: Hashable, Sendable {
        /// `GET /v1/conversations`; `metadata` is the filter, an object, or `nil` for none.
        case list(page: Int, pageSize: Int, metadata: JSONText?)
        case get(RemoteID)
        case getHistory(of: RemoteID)
        case getMessages(of: RemoteID)
        case delete(RemoteID)
        /// A request that makes the model answer, with its body.
        case start(JSONText)
        case append(JSONText, to: RemoteID)
        case restart(JSONText, of: RemoteID)
        /// `GET /v1/users/me`
        case getUser
        case whoAmI
        case downloadFile(String)
        /// The URL is good for so many hours.
        case getSignedURL(of: String, hours: Int)
        case deleteFile(String)
    }

    /// The result of a request that succeeds.
    public enum Answer: Hashable, Sendable {
        case json(JSONText)
        /// A file, or a body that JSON does not allow.
        case bytes([UInt8])
        case nothing
        /// The model is to answer.
        case run(Run)
    }

    /// What follows from a request.
    public struct Effects: Sendable {
        /// What the client gets.
        public let result: Result<Answer, Refusal>
        /// The changes of the stored state, which the caller applies; a refused request may have some, too.
        public let changes: [Change]
    }

    /// The behaviour in force now.
    public var switches: Switches { didSet { ids.mixesLayouts = switches.idLayout == .mixed } }
    /// The server's URL, without a path and without a final slash, with which the signed URLs of files begin.
    public var baseURL: String {
        get { signer.baseURL }
        set { signer.baseURL = newValue }
    }

    private(set) var table = ConversationTable()
    /// The changes of the last ``Switches/replicaLagMilliseconds``, from which stale reads are answered.
    private var past = RecentPast()
    var runs: [Int: Run] = [:]
    var ids: IDMint
    private(set) var signer: URLSigner
    private(set) var lastMoment: Int64 = 0
    var runCount = 0

    /// Makes an emulator without conversations.
    ///
    /// - Parameters:
    ///   - switches: the behaviour to begin with.
    ///   - seed: the seed of its ids.
    public init(switches: Switches = Switches(), seed: UInt64) {
        self.switches = switches
        var random = SeededGenerator(seed: seed)
        signer = URLSigner(secret: random.next())
        ids = IDMint(seed: random.next())
        ids.mixesLayouts = switches.idLayout == .mixed
    }

    /// Handles one request.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - now: its time of arrival. Where the clock was set back, the emulator takes the next microsecond after the
    ///     last moment that it has used.
    ///   - principal: the bearer of its key, from ``principal(bearing:)``.
    ///   - conditions: what is out of the ordinary.
    /// - Returns: the answer or the refusal, and the changes for the caller to apply.
    public mutating func handle(
        _ request: Request, at now: Timestamp, by principal: Principal = Principal(),
        under conditions: Conditions = Conditions()
    ) -> Effects {
        moveOn(to: now)
        var changes: [Change] = []
        do throws(Refusal) {
            let answer = try answer(request, principal, conditions, &changes)
            return Effects(result: .success(answer), changes: changes)
        } catch {
            return Effects(result: .failure(error), changes: changes)
        }
    }

    private mutating func answer(
        _ request: Request, _ principal: Principal, _ conditions: Conditions, _ changes: inout [Change]
    ) throws(Refusal) -> Answer {
        switch request {
        case .list(let page, let pageSize, let metadata):
            return try view(for: principal, conditions).list(page: page, pageSize: pageSize, metadata: metadata)
        case .get(let id):
            let view = view(for: principal, conditions)
            return .json(view.object(of: try view.find(id)))
        case .getHistory(let id):
            let view = view(for: principal, conditions)
            return view.history(of: try withRun(try view.find(id), conditions))
        case .getMessages(let id):
            let view = view(for: principal, conditions)
            return view.messages(of: try withRun(try view.find(id), conditions))
        case .delete(let id):
            try delete(id, principal, &changes)
            return .nothing
        case .start(let body):
            return .run(begin(try draftStart(try checked(body, .start, principal, conditions)), &changes))
        case .append(let body, let id):
            let draft = try draftAppend(to: id, try checked(body, .append, principal, conditions), &changes)
            return .run(begin(draft, &changes))
        case .restart(let body, let id):
            let draft = try draftRestart(of: id, try checked(body, .restart, principal, conditions))
            return .run(begin(draft, &changes))
        case .getUser:
            if let refusal = switches.userAnswer.refusal { throw refusal }
            // There is no user behind a service account's key.
            if principal.isServiceAccount { throw .forbidden }
            return .json(identity(principal).user)
        case .whoAmI:
            if let refusal = switches.whoAmIAnswer.refusal { throw refusal }
            return .json(identity(principal).whoAmI)
        case .downloadFile(let id):
            let file = try findFile(id, principal)
            if file.kind == .table, switches.codeFile == .failed {
                throw .business(500, code: 3000, "Internal server error")
            }
            return .bytes(file.bytes)
        case .getSignedURL(let id, let hours):
            let file = try findFile(id, principal)
            return .json(
                .object(["url": .string(signer.url(of: file.id, expiry: present.seconds + Int64(hours) * 3600))]))
        case .deleteFile(let id):
            let file = try findFile(id, principal)
            changes.append(Change(.removeFile(id: file.id)))
            return .json(.object(["id": .string(file.id), "object": .string("file"), "deleted": .bool(true)]))
        }
    }

    private mutating func delete(
        _ id: RemoteID, _ principal: Principal, _ changes: inout [Change]
    ) throws(Refusal) {
        do {
            _ = try view(for: principal).find(id)
        } catch {
            if error == switches.notFound, switches.deleteUnknown == .noContent { return }
            throw error
        }
        guard !isBusy(id) else { throw switches.busy }
        changes.append(Change(.remove(id)))
    }

    // MARK: State

    /// Makes changes in the stored state.
    ///
    /// - Parameters:
    ///   - changes: those of ``Effects``, ``SpokenAnswer``, ``finish(_:isKept:at:)`` or ``load(_:keepingPresent:)``.
    ///   - now: the present moment.
    public mutating func apply(_ changes: [Change], at now: Timestamp) {
        moveOn(to: now)
        let horizon = present + .milliseconds(-switches.replicaLagMilliseconds)
        for change in changes {
            if let id = change.kind.conversationID { past.note(id, table[id], at: moment(), since: horizon) }
            table.apply(change)
        }
    }

    /// Makes a change that an earlier emulator made, as a journal has it; no replica lags behind it.
    public mutating func restore(_ change: Change) { table.apply(change) }

    /// The state as a principal's request sees it.
    func view(for principal: Principal, _ conditions: Conditions = Conditions()) -> ReadView {
        let table =
            conditions.age > .zero ? past.table(table, at: present + (.zero - conditions.age)) : table
        return ReadView(table: table, switches: switches, conditions: conditions, principal: principal)
    }

    /// The current time, moved forward where needed so that each call returns a later moment than the one before.
    mutating func moment() -> Timestamp {
        lastMoment += 1
        return Timestamp(microseconds: lastMoment)
    }

    /// The current time, or the last moment that was used.
    var present: Timestamp { Timestamp(microseconds: lastMoment) }

    /// Takes the time from the caller, unless it lies before a moment that was used.
    mutating func moveOn(to now: Timestamp) { lastMoment = max(lastMoment, now.microseconds) }
}

/// The conditions under which the emulator handles one request, as a shell's faults set them; by default, none differs
/// from a server that works well.
public struct Conditions: Hashable, Sendable {
    /// The age of the state that a read shows: a replica that lags behind answers.
    public var age = Duration.zero
    /// Whether the list answers with its first page, whichever was asked for.
    public var ignoresPage = false
    /// The defect of the middle item of a list or a history; `nil` for none.
    public var oddItem: Oddity?
    /// Whether conversation objects lack `metadata`.
    public var hidesMetadata = false
    /// Whether about three of four conversations, always the same, are missing.
    public var hidesMost = false
    /// The change of the inputs' texts when they are stored; `nil` for none.
    public var storedText: InputAlteration?

    /// Makes the conditions of a server that works well.
    public init() {}
}

extension Timestamp {
    var seconds: Int64 { microseconds / 1_000_000 }
}
