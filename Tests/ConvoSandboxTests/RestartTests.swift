import ConvoJSON
import ConvoModel
import Testing

@Suite struct `Restarting` {
    @Test func `makes a new conversation up to and with the entry, and leaves the old one alone`() async throws {
        try await visiting { visitor in
            let path = try await visitor.start("one")
            _ = try await visitor.append("two", to: path)
            let before = try await visitor.get(path + "/history").text
            let from = try #require(try await visitor.entries(of: path)[1]["id"]?.string)
            let reply = try await visitor.post(path + "/restart", #"{"inputs":"other","from_entry_id":"\#(from)"}"#)
            let branch = Visitor.collection + "/" + (reply.json["conversation_id"]?.string ?? "")
            #expect(branch != path)
            #expect(try await visitor.words(of: branch) == ["one", "echo: one", "other", "echo: other"])
            #expect(try await visitor.get(path + "/history").text == before)
            #expect(try await visitor.get(branch).json["model"]?.string == "small")
        }
    }

    @Test func `copies entries as the switch says`() async throws {
        for (choice, count, sameIDs) in [("same-ids", 4, true), ("new-ids", 4, false), ("new-only", 2, false)] {
            try await visiting(turned: ["restart-history=\(choice)"]) { visitor in
                let path = try await visitor.start("one")
                let entries = try await visitor.entries(of: path)
                let from = try #require(entries[1]["id"]?.string)
                let reply = try await visitor.post(path + "/restart", #"{"inputs":"x","from_entry_id":"\#(from)"}"#)
                let branch = Visitor.collection + "/" + (reply.json["conversation_id"]?.string ?? "")
                let copies = try await visitor.entries(of: branch)
                #expect(copies.count == count)
                #expect((copies[0]["id"] == entries[0]["id"]) == sameIDs)
            }
        }
    }

    @Test func `carries its own metadata and none of the original's`() async throws {
        try await visiting { visitor in
            let start = try await visitor.post(
                Visitor.collection, #"{"model":"m","inputs":"x","metadata":{"old":true}}"#)
            let path = Visitor.collection + "/" + (start.json["conversation_id"]?.string ?? "")
            let from = try #require(try await visitor.entries(of: path)[0]["id"]?.string)
            let reply = try await visitor.post(
                path + "/restart", #"{"inputs":"","from_entry_id":"\#(from)","metadata":{"operation":"1"}}"#)
            let branch = Visitor.collection + "/" + (reply.json["conversation_id"]?.string ?? "")
            #expect(try await visitor.get(branch).json["metadata"]?.text == #"{"operation":"1"}"#)
        }
    }

    @Test func `without inputs is refused`() async throws {
        try await visiting { visitor in
            let path = try await visitor.start()
            let reply = try await visitor.post(path + "/restart", #"{"from_entry_id":"msg_1"}"#)
            #expect(reply.status == 422)
        }
    }

    @Test func `from an entry that is not there is 404`() async throws {
        try await visiting { visitor in
            let path = try await visitor.start()
            #expect(
                try await visitor.post(path + "/restart", #"{"inputs":"x","from_entry_id":"msg_1"}"#).status == 404)
        }
    }
}
