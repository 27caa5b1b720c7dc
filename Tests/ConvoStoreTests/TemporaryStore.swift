import ConvoJSON
import ConvoModel
import ConvoStore
import TestFolders

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
                now: { clock.now }, uptime: { Uptime(boot: "a", microseconds: clock.now.microseconds) },
                randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } },
                timeZone: { zone }))
    }
}

extension Store {
    /// Ingests a conversation as the list and its history bring it.
    @discardableResult
    func mirror(_ description: Conversation, _ entries: [String]) throws -> Int {
        _ = try ingest([description])
        let history = try ConversationHistory.sample(description.id.rawValue, entries)
        return try ingest([FetchedHistory(history, version: description.updatedAt.text)])
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
