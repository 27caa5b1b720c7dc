import ConvoJSON
import ConvoModel
import ConvoSQLite
import TestFolders

@testable import ConvoStore

/// A store in a folder of its own, which is removed with it, and a clock that the test moves.
struct TemporaryStore {
    let clock = SettableClock()
    let store: Store

    var path: String { store.path }

    init(zone: LocalTimeZone = .utc) throws {
        let folder = try TemporaryFolder()
        let clock = clock
        // The store's own closure holds the folder, which so lives as long as the store.
        store = try Store(
            path: folder.file("convo.db"),
            environment: StoreDependencies(
                now: { clock.now }, uptime: { clock.uptime },
                randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } },
                timeZone: { zone }))
    }
}

extension Store {
    /// Ingests a conversation as the list and its history bring it.
    @discardableResult
    func mirror(_ description: Conversation, _ entries: [String]) throws -> Int {
        _ = try ingest([description])
        return try take(description.id.rawValue, entries, version: description.updatedAt.text)
    }

    /// Ingests the history of a conversation that the list has brought; returns how many entries are new.
    @discardableResult
    func take(
        _ id: String, _ entries: [String], version: String = "2026-01-01T00:00:00.000001Z"
    ) throws -> Int {
        try ingest([FetchedHistory(.sample(id, entries), version: version)])
    }

    /// Changes rows as no call of the store does.
    func run(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws {
        try write { try $0.execute(sql: sql, arguments: StatementArguments(arguments)) }
    }

    func number(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> Int? {
        try read { try Int.fetchOne($0, sql: sql, arguments: StatementArguments(arguments)) }
    }
}

extension Conversation {
    static func sample(
        _ id: String, created: String = "2026-01-01T00:00:00.000000Z", updated: String = "2026-01-01T00:00:00.000001Z",
        extra: String = ""
    ) throws -> Conversation {
        try Conversation(
            raw: JSONText(
                #"{"id":"\#(id)","object":"conversation","model":"mistral-small-latest","name":"Name of \#(id)","#
                    + #""created_at":"\#(created)","updated_at":"\#(updated)"\#(extra)}"#))
    }
}

extension ConversationHistory {
    static func sample(_ id: String, _ entries: [String]) throws -> ConversationHistory {
        try ConversationHistory(
            raw: JSONText(
                #"{"conversation_id":"\#(id)","entries":[\#(entries.joined(separator: ","))],"object":"conversation.history"}"#
            ))
    }
}

func message(_ id: String, _ text: String, role: String = "user") -> String {
    let type = role == "user" ? "message.input" : "message.output"
    return #"{"object":"entry","type":"\#(type)","id":"\#(id)","role":"\#(role)","content":\#(JSONText.string(text)),"#
        + #""created_at":"2026-01-01T00:00:00.000000Z","completed_at":null}"#
}

func reply(_ id: String, _ text: String) -> String { message(id, text, role: "assistant") }

/// The one turn of a conversation that ``TemporaryStore/conversation(_:)`` mirrors.
func exchange(_ name: String) -> [String] { [message("\(name) q", "hello"), reply("\(name) a", "echo")] }

/// Entries as a response has them.
func entries(_ texts: String...) throws -> [Entry] { try texts.map { Entry(raw: try JSONText($0)) } }

/// A suite whose tests have a store each.
class StoreSuite {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init(_ temporary: TemporaryStore) { self.temporary = temporary }

    init() throws { temporary = try TemporaryStore() }
}

/// A suite whose tests have a store each, with two conversations on the server of one turn each.
class TwoConversations: StoreSuite {
    let first: LocalID
    let second: LocalID

    override init() throws {
        let temporary = try TemporaryStore()
        first = try temporary.conversation("conv_1")
        second = try temporary.conversation("conv_2")
        super.init(temporary)
    }
}
