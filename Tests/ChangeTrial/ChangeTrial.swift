import Convo
import ConvoPlatform
import SeededRandom

/// A writer or an observer of one database, for `Tests/Processes/changes`, which compares what several of them print.
///
///     change-trial write DATABASE SEED ENTRIES    changes the database at random; prints what it has committed
///     change-trial watch DATABASE                 prints what it is told until an entry `stop` comes
///     change-trial stop DATABASE                  writes that entry
///     change-trial sleep                          does nothing, as an observer without a database
@main struct ChangeTrial {
    static func main() async throws {
        let arguments = CommandLine.arguments
        switch (arguments.dropFirst().first, arguments.count) {
        case ("write", 5):
            guard let seed = UInt64(arguments[3]), let count = Int(arguments[4]) else { exit(64) }
            var writer = try Writer(arguments[2], seed: seed)
            try writer.run(entries: count)
        case ("watch", 3): try await Watcher.run(arguments[2])
        case ("stop", 3):
            try Store(path: arguments[2]).mirror("stop", ["stop"], version: 0)
        case ("sleep", 2):
            await withTaskGroup(of: Void.self) { $0.addTask { print("watching") } }
            fflush(nil)
            try await Task.sleep(for: .seconds(3600))
        default: exit(64)
        }
    }
}

/// A number for a set of texts that does not depend on their order: a text twice is another set.
struct Digest {
    private(set) var count = 0
    private(set) var sum: UInt64 = 0

    mutating func add(_ text: String) {
        count += 1
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        sum &+= hash
    }

    var json: JSONText { .object([("count", .int(count)), ("sum", .string(String(sum, radix: 16)))]) }
}

extension Store {
    /// Takes in a conversation and its history, as a pull does.
    func mirror(_ id: String, _ entries: [String], version: Int) throws {
        let moment = Timestamp(microseconds: 1_770_000_000_000_000 + Int64(version) * 1_000_000).text
        let description = JSONText.object([
            ("object", .string("conversation")), ("id", .string(id)), ("model", .string("m")),
            ("created_at", .string(moment)), ("updated_at", .string(moment)),
        ])
        _ = try ingest([Conversation(raw: description)])
        let items = entries.map { entry in
            JSONText.object([
                ("object", .string("entry")), ("type", .string("message.input")), ("id", .string(entry)),
                ("role", .string("user")), ("content", .string("pear")), ("created_at", .string(moment)),
            ])
        }
        let history = try ConversationHistory(
            raw: .object([("conversation_id", .string(id)), ("entries", .array(items))]))
        _ = try ingest([FetchedHistory(history, version: moment)])
    }
}

/// Changes a database in transactions of random kinds and sizes.
private struct Writer {
    /// How the id of an entry begins that is removed soon.
    static let passing = "passing-"

    private let store: Store
    private let name: String
    private var random: SplitMix64
    private var entries = Digest()
    private var states: [OperationID: OperationState] = [:]
    private var deleted: [LocalID] = []

    init(_ path: String, seed: UInt64) throws {
        store = try Store(path: path)
        name = "w\(seed)"
        random = SplitMix64(seed: seed)
    }

    mutating func run(entries count: Int) throws {
        var (conversation, written) = (0, 0)
        while written < count {
            switch random.int(in: 0...9) {
            case 0:
                let write = try store.start(StartRequest(inputs: .text("fig")).answered(by: "m"))
                states[write.operation] = write.state
                if random.chance(perMille: 500) {
                    for id in try store.cancel(write.operation) { states[id] = .cancelled }
                    deleted.append(write.conversation)
                }
            case 1 where deleted.count < 100:
                // Whether its entries are told depends on who is faster.
                let gone = "\(name)-gone-\(deleted.count)"
                try store.mirror(gone, [Writer.passing + gone], version: conversation)
                let id = try store.localID(matching: gone)
                _ = try store.delete(id, .local)
                deleted.append(id)
            default:
                conversation += 1
                let size = random.int(in: 1...60)
                let new = (0..<size).map { "\(name)-\(conversation)-\($0)" }
                try store.mirror("\(name)-\(conversation)", new, version: conversation)
                for entry in new { entries.add(entry) }
                written += size
            }
        }
        var operations = Digest()
        for (id, state) in states { operations.add("\(id) \(state.rawValue)") }
        var removed = Digest()
        for id in deleted { removed.add(id.rawValue) }
        print(
            JSONText.object([("entries", entries.json), ("operations", operations.json), ("removed", removed.json)])
                .text)
    }
}

extension StartRequest {
    fileprivate func answered(by model: String) -> StartRequest {
        var request = self
        request.model = model
        return request
    }
}

/// Counts what it is told.
private enum Watcher {
    static func run(_ path: String) async throws {
        let convo = try await Convo(at: path, credentials: .none)
        let changes = convo.changes
        var iterator = changes.makeAsyncIterator()
        print("watching")
        fflush(nil)
        var (entries, gaps, elements) = (Digest(), 0, 0)
        var states: [OperationID: OperationState] = [:]
        var removed: Set<LocalID> = []
        var isOver = false
        while !isOver, let told = try await iterator.next() {
            elements += 1
            if told.isEverythingChanged { gaps += 1 }
            for change in told.conversations {
                for entry in change.entries.map(\.rawValue) where entry != "stop" && !entry.hasPrefix(Writer.passing) {
                    entries.add(entry)
                }
                isOver = isOver || change.entries.contains(EntryID("stop"))
                for operation in change.operations { states[operation.id] = operation.state }
                if change.isRemoved { removed.insert(change.id) }
            }
        }
        var operations = Digest()
        for (id, state) in states { operations.add("\(id) \(state.rawValue)") }
        var gone = Digest()
        for id in removed { gone.add(id.rawValue) }
        print(
            JSONText.object([
                ("entries", entries.json), ("operations", operations.json), ("removed", gone.json),
                ("gaps", .int(gaps)),
                ("elements", .int(elements)),
            ]).text)
    }
}
