import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// Where readers find the exchanges that the server does not store, and our own turns that an older history leaves out.
@Suite final class `The order of what a history does not list`: TwoConversations {
    private func deliver(_ text: String, isStored: Bool = true, _ outputs: String...) throws -> OperationID {
        var request = AppendRequest(inputs: .text(text))
        if !isStored { request.store = false }
        let id = try store.append(request, to: first).operation
        let raw = JSONText.object([
            "conversation_id": .string("conv_1"), "outputs": .array(try outputs.map { try JSONText($0) }),
        ])
        try store.markDelivered(id, response: try ConversationResponse(raw: raw))
        return id
    }

    private func shown() throws -> [String] {
        try store.history(of: first).entries.filter { $0.droppedAt == nil }.map { $0.entry.id?.rawValue ?? "?" }
    }

    private func at(_ minute: Int, _ entry: String) -> String {
        entry.replacing("2026-01-01T00:00:00", with: "2026-01-01T00:0\(minute):00")
    }

    private func turn(_ name: String) -> [String] { [message("\(name) q", "say"), reply("\(name) a", "said")] }

    @Test func `keeps our newest turns behind a history that does not have them yet`() throws {
        for number in 1...3 { _ = try deliver("say", reply("\(number) a", "said")) }
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + turn("1") + turn("2"))
        #expect(try shown().last == "3 a")
        #expect(try store.tip(of: first).entryID == EntryID("3 a"))
        try store.mirror(
            .sample("conv_1", updated: "2026-01-03T00:00:00Z"),
            exchange("conv_1") + turn("1") + turn("2") + turn("3"))
        #expect(try shown() == ["conv_1 q", "conv_1 a", "1 q", "1 a", "2 q", "2 a", "3 q", "3 a"])
    }

    /// The server has dropped the input of a run that failed.
    @Test func `puts nothing that is older behind what the server lists`() throws {
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + [at(1, message("failed", "say"))])
        let next = turn("2").map { at(2, $0) }
        try store.mirror(.sample("conv_1", updated: "2026-01-03T00:00:00Z"), exchange("conv_1") + next)
        #expect(try store.tip(of: first).entryID == EntryID("2 a"))
    }

    @Test func `puts nothing behind what stood behind it, though it is as old`() throws {
        let failed = [message("failed", "say")]
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + failed + turn("2"))
        try store.mirror(
            .sample("conv_1", updated: "2026-01-03T00:00:00Z"), exchange("conv_1") + turn("2") + turn("3"))
        #expect(try shown().last == "3 a")
    }

    /// The clock of this machine is ahead of the server's, and two turns come before the history.
    @Test func `keeps an exchange between the turns between which it was`() throws {
        _ = try deliver("say", reply("1 a", "said"))
        temporary.clock.advance(seconds: 86_400)
        let aside = try deliver("aside", isStored: false, reply("aside a", "between us"))
        temporary.clock.advance(seconds: -86_400)
        _ = try deliver("say", reply("2 a", "said"))
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + turn("1") + turn("2"))
        #expect(
            try shown() == ["conv_1 q", "conv_1 a", "1 q", "1 a", "local_\(aside)_0", "aside a", "2 q", "2 a"])
        try store.checkIntegrity()
    }

    @Test func `puts an exchange behind the last entry that the server has not dropped`() throws {
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + [message("dropped", "say")])
        try store.run("UPDATE entry SET dropped_at = '2026-01-02T00:00:00Z' WHERE id = 'dropped'")
        let aside = try deliver("aside", isStored: false, reply("aside a", "between us"))
        #expect(try shown() == ["conv_1 q", "conv_1 a", "local_\(aside)_0", "aside a"])
    }

    @Test func `keeps the order of exchanges before any history, though the clock is set back between them`() throws {
        try store.run("DELETE FROM entry")
        let first = try deliver("one", isStored: false, reply("one a", "between us"))
        temporary.clock.advance(seconds: -86_400 * 600)
        let second = try deliver("two", isStored: false, reply("two a", "between us"))
        #expect(try shown() == ["local_\(first)_0", "one a", "local_\(second)_0", "two a"])
    }

    @Test func `keeps an exchange whole that was there before any history`() throws {
        try store.run("DELETE FROM entry")
        let aside = try deliver("aside", isStored: false, reply("aside a", "between us"))
        #expect(try shown() == ["local_\(aside)_0", "aside a"])
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1"))
        #expect(try shown() == ["conv_1 q", "conv_1 a", "local_\(aside)_0", "aside a"])
        #expect(try store.search("between").hits.count == 1)
    }

    @Test func `keeps an exchange that was there before any history between what is older and what is newer`() throws {
        try store.run("DELETE FROM entry")
        let aside = try deliver("aside", isStored: false, reply("aside a", "between us"))
        let next = turn("2").map { at(2, $0) }
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + next)
        #expect(try shown() == ["conv_1 q", "conv_1 a", "local_\(aside)_0", "aside a", "2 q", "2 a"])
    }

    /// A server may show the use of tools while a run is under way that it will not store.
    @Test func `takes what a history has shown of an exchange for a part of it`() throws {
        let early = #"{"type":"tool.execution","id":"t","name":"web_search"}"#
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), exchange("conv_1") + [early])
        let aside = try deliver("aside", isStored: false, early, reply("aside a", "between us"))
        let whole = ["conv_1 q", "conv_1 a", "local_\(aside)_0", "t", "aside a"]
        #expect(try shown() == whole)
        try store.mirror(.sample("conv_1", updated: "2026-01-03T00:00:00Z"), exchange("conv_1"))
        #expect(try shown() == whole)
    }

    @Test func `asks for no result of a call in an exchange that the server does not know`() throws {
        let call = #"{"type":"function.call","id":"f","tool_call_id":"abc","name":"f","arguments":"{}"}"#
        _ = try deliver("aside", isStored: false, call)
        #expect(try temporary.item(temporary.append(to: first)).state == .queued)
    }
}
