import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `The answer to a write whose own was lost` {
    private static func entry(_ type: String, _ id: String, _ text: String) -> Entry {
        Entry(
            raw: .object([
                "type": .string(type), "id": .string(id),
                "role": .string(type == "message.input" ? "user" : "assistant"),
                "content": .string(text),
            ]))
    }
    private static func turn(_ name: String, _ text: String) -> [Entry] {
        [entry("message.input", "\(name)_in", text), entry("message.output", "\(name)_out", "echo: \(text)")]
    }

    /// An append of a text that is on the server, and behind which entry it was sent.
    private static func delivered(_ text: String, behind base: String? = nil) throws -> OutboxItem {
        let store = try temporaryStore()
        let start = try store.start(StartRequest("hello"))
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))
        let append = try store.append(AppendRequest(inputs: .text(text)), to: start.conversation)
        _ = try store.markSending(append.operation, base: OutboxItem.Base(entryID: base.map { EntryID($0) }))
        try store.markDelivered(append.operation)
        return try store.operation(matching: append.operation.rawValue)
    }

    @Test func `is what follows the write's inputs`() throws {
        let item = try Self.delivered("one")
        let entries = Self.turn("a", "before") + Self.turn("b", "one") + Self.turn("c", "after")
        #expect(SettledTurn.outputs(of: item, in: entries)?.map(\.id) == [EntryID("b_out")])
    }

    @Test func `is not that of an equal message before the base`() throws {
        let item = try Self.delivered("one", behind: "a_out")
        let entries = Self.turn("a", "one") + Self.turn("b", "one")
        #expect(SettledTurn.outputs(of: item, in: entries)?.map(\.id) == [EntryID("b_out")])
    }

    @Test func `is nothing where the inputs are not there`() throws {
        #expect(SettledTurn.outputs(of: try Self.delivered("one"), in: Self.turn("a", "another")) == nil)
        #expect(SettledTurn.outputs(of: try Self.delivered("one"), in: []) == nil)
    }

    @Test func `of a branch is not that of an equal message that was copied under another id`() throws {
        let store = try temporaryStore()
        let start = try store.start(StartRequest("hello"))
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))
        let made = Timestamp(microseconds: noon.microseconds)
        func dated(_ entries: [Entry], _ offset: Duration) -> [Entry] {
            entries.map { Entry(raw: $0.raw.setting("created_at", to: .string((made + offset).text))) }
        }
        _ = try store.ingest([
            Conversation(
                raw: .object([
                    "id": .string("conv_1"), "object": .string("conversation"), "model": .string("m"),
                    "created_at": .string(made.text), "updated_at": .string(made.text),
                ]))
        ])
        try store.ingest([
            FetchedHistory(
                ConversationHistory(
                    raw: .object([
                        "conversation_id": .string("conv_1"), "object": .string("conversation.history"),
                        "entries": .array(Self.turn("a", "one").map(\.raw)),
                    ])), version: made.text)
        ])
        let branch = try store.restart(
            RestartRequest(from: EntryID("a_out"), inputs: .text("one")), of: start.conversation)
        try store.markDelivered(branch.operation, as: RemoteID("conv_2"))
        let item = try store.operation(matching: branch.operation.rawValue)
        let entries = dated(Self.turn("copy", "one"), .seconds(-60)) + dated(Self.turn("own", "one"), .seconds(1))
        #expect(SettledTurn.outputs(of: item, in: entries, createdAt: made)?.map(\.id) == [EntryID("own_out")])
        #expect(SettledTurn.outputs(of: item, in: entries)?.map(\.id) == [EntryID("copy_out")])
    }
}
