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
}
