import ConvoJSON
import ConvoModel
import Testing

@Suite(.sandbox) struct `Restarting` {
    @Test func `makes a new conversation up to and with the entry, and leaves the old one alone`() async throws {
        let path = try await visitor.start("one")
        _ = try await visitor.append("two", to: path)
        let before = try await visitor.get(path + "/history").text
        let from = try #require(try await visitor.entries(of: path)[1]["id"]?.string)
        let reply = try await visitor.post(path + "/restart", #"{"inputs":"other","from_entry_id":"\#(from)"}"#)
        let branch = reply.path
        #expect(branch != path)
        #expect(try await visitor.words(of: branch) == ["one", "echo: one", "other", "echo: other"])
        #expect(try await visitor.get(path + "/history").text == before)
        #expect(try await visitor.get(branch).json["model"]?.string == "small")
    }

    @Test(arguments: [("same-ids", 4, true), ("new-ids", 4, false), ("new-only", 2, false)])
    func `copies entries as the switch says`(choice: String, count: Int, sameIDs: Bool) async throws {
        try await visitor.turn("restart-history=\(choice)")
        let path = try await visitor.start("one")
        let entries = try await visitor.entries(of: path)
        let from = try #require(entries[1]["id"]?.string)
        let reply = try await visitor.post(path + "/restart", #"{"inputs":"x","from_entry_id":"\#(from)"}"#)
        let copies = try await visitor.entries(of: reply.path)
        #expect(copies.count == count)
        #expect((copies[0]["id"] == entries[0]["id"]) == sameIDs)
    }

    @Test func `carries its own metadata and none of the original's`() async throws {
        let body = #"{"model":"m","inputs":"x","metadata":{"old":true}}"#
        let path = try await visitor.post(Visitor.collection, body).path
        let from = try #require(try await visitor.entries(of: path)[0]["id"]?.string)
        let reply = try await visitor.post(
            path + "/restart", #"{"inputs":"","from_entry_id":"\#(from)","metadata":{"operation":"1"}}"#)
        #expect(try await visitor.get(reply.path).json["metadata"]?.text == #"{"operation":"1"}"#)
    }

    @Test func `without inputs is refused`() async throws {
        let path = try await visitor.start()
        #expect(try await visitor.post(path + "/restart", #"{"from_entry_id":"msg_1"}"#).status == 422)
    }

    @Test func `from an entry that is not there is 404`() async throws {
        let path = try await visitor.start()
        #expect(try await visitor.post(path + "/restart", #"{"inputs":"x","from_entry_id":"msg_1"}"#).status == 404)
    }
}
