import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite final class `Outputs of an answer`: StoreSuite {
    @Test func `stand behind the last entry, in their order, each once`() throws {
        let id = try temporary.conversation("conv_1")
        _ = try temporary.conversation("conv_2")
        let write = try temporary.append(to: id)
        let nameless = #"{"type":"message.output","role":"assistant","content":"three"}"#
        try store.markDelivered(
            write,
            response: temporary.response(
                "conv_1", reply("conv_1 a", "again"), reply("o1", "one"),
                reply("o2", "two"), nameless))
        let entries = try store.history(of: id).entries
        #expect(entries.map { $0.entry.raw["content"]?.string } == ["hello", "echo", "one", "two", "three"])
        let rows = try store.read {
            try Row.fetchAll($0, sql: "SELECT position, id FROM entry ORDER BY conversation, position")
        }
        #expect(rows.map { $0["position"] as Int } == [0, 1, 2, 3, 4, 0, 1])
        #expect(rows[4]["id"] as String == "~4")
        for word in ["one", "two", "three"] { #expect(try store.search(word).total == 1, "\(word)") }
        #expect(try store.search("again").total == 0)
    }

    @Test func `are there also where another conversation has one of the same name`() throws {
        let (id, other) = (try temporary.conversation("conv_1"), try temporary.conversation("conv_2"))
        let write = try temporary.append(to: id)
        try store.markDelivered(write, response: temporary.response("conv_1", reply("conv_2 a", "echo")))
        #expect(try store.history(of: id).entries.map(\.entry.id?.rawValue) == ["conv_1 q", "conv_1 a", "conv_2 a"])
        #expect(try store.history(of: other).entries.count == 2)
    }

    @Test func `of a new conversation begin with the first place`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, response: temporary.response("conv_1", reply("o", "one")))
        #expect(try store.number("SELECT position FROM entry") == 0)
    }

    @Test func `of an unstored exchange have its inputs before them, under names of their own`() throws {
        var request = StartRequest(
            inputs: .entries([
                try JSONText(#"{"type":"message.input","role":"user","content":"one"}"#),
                try JSONText(#"{"type":"message.input","role":"user","content":"two","id":"mine"}"#),
            ]))
        request.model = "m"
        request.store = false
        let start = try store.start(request)
        let other = try temporary.conversation("conv_9")
        try store.markDelivered(start.operation, response: temporary.response("conv_1", reply("o", "three")))
        let entries = try store.history(of: start.conversation).entries
        #expect(entries.map { $0.entry.raw["content"]?.string } == ["one", "two", "three"])
        #expect(entries.map(\.entry.id?.rawValue) == ["local_\(start.operation)_0", "mine", "o"])
        #expect(entries.map(\.isLocalOnly) == [true, true, true])
        #expect(try store.history(of: other).entries.map(\.isLocalOnly) == [false, false])
        #expect(try store.read { try store.isUnstored($0, start.operation) })
        #expect(try !store.read { try store.isUnstored($0, OperationID("none")) })
    }
}
