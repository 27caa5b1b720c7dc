import ConvoJSON
import ConvoModel
import ConvoSandbox
import MistralEmulator
import Testing

@Suite struct `The list` {
    private func ids(_ visitor: Visitor, _ query: String) async throws -> [String] {
        try await visitor.get(Visitor.collection + query).json.elements.compactMap { $0["id"]?.string }
    }

    @Test func `is newest first by creation, and an append moves nothing`() async throws {
        try await visiting { visitor in
            let first = try await visitor.start()
            let second = try await visitor.start()
            _ = try await visitor.append("more", to: first)
            #expect(try await ids(visitor, "").map { Visitor.collection + "/" + $0 } == [second, first])
        }
    }

    @Test func `comes in pages that count from 0`() async throws {
        try await visiting { visitor in
            for _ in 0..<5 { _ = try await visitor.start() }
            let all = try await ids(visitor, "")
            #expect(try await ids(visitor, "?page=0&page_size=2") == Array(all[0..<2]))
            #expect(try await ids(visitor, "?page=2&page_size=2") == Array(all[4..<5]))
            #expect(try await ids(visitor, "?page=3&page_size=2").isEmpty)
            #expect(try await ids(visitor, "?page=9223372036854775807&page_size=2").isEmpty)
        }
    }

    @Test func `has a largest page, clamped or refused`() async throws {
        try await visiting(turned: ["page-size-limit=2"]) { visitor in
            for _ in 0..<3 { _ = try await visitor.start() }
            #expect(try await ids(visitor, "?page_size=3").count == 2)
            await visitor.sandbox.turn { $0.pageSizeOverLimit = .refuse }
            #expect(try await visitor.get(Visitor.collection + "?page_size=3").status == 422)
        }
    }

    @Test func `is filtered by metadata`() async throws {
        try await visiting { visitor in
            for value in ["1", "2"] {
                _ = try await visitor.post(
                    Visitor.collection, #"{"model":"m","inputs":"x","metadata":{"k":"\#(value)","other":true}}"#)
            }
            #expect(try await ids(visitor, "?metadata=%7B%22k%22%3A%222%22%7D").count == 1)
            #expect(try await ids(visitor, "?metadata=%7B%7D").count == 2)
            #expect(try await ids(visitor, "?metadata=null").count == 2)
            await visitor.sandbox.turn { $0.metadataMatch = .exact }
            #expect(try await ids(visitor, "?metadata=%7B%22k%22%3A%222%22%7D").isEmpty)
            await visitor.sandbox.turn { $0.metadataMatch = .ignore }
            #expect(try await ids(visitor, "?metadata=%7B%22k%22%3A%222%22%7D").count == 2)
        }
    }

    @Test func `refuses metadata that is no object, as the SDK's sentinel is not`() async throws {
        try await visiting { visitor in
            let reply = try await visitor.get(
                Visitor.collection + "?metadata=%22~%3F~unset~%3F~sentinel~%3F~%22")
            #expect(reply.status == 422)
            #expect(reply.json["code"]?.int == 3001)
        }
    }

    @Test func `refuses a page that is no number`() async throws {
        try await visiting { visitor in
            for query in ["?page=x", "?page_size=1.5", "?page=-1", "?page_size=0"] {
                let reply = try await visitor.get(Visitor.collection + query)
                #expect(reply.status == 422)
            }
        }
    }
}

@Suite struct `Deleting` {
    @Test func `answers 204 with nothing, and the conversation is gone`() async throws {
        try await visiting { visitor in
            let path = try await visitor.start()
            let reply = try await visitor.delete(path)
            #expect(reply.status == 204)
            #expect(reply.text.isEmpty)
            #expect(try await visitor.get(path).status == 404)
            #expect(try await visitor.get(Visitor.collection).json.elements.isEmpty)
        }
    }

    @Test func `what is not there is 404 or 204, as the switch says`() async throws {
        try await visiting { visitor in
            let path = Visitor.collection + "/conv_none"
            let refused = try await visitor.delete(path)
            #expect(refused.status == 404)
            await visitor.sandbox.turn { $0.deleteUnknown = .noContent }
            let accepted = try await visitor.delete(path)
            #expect(accepted.status == 204)
        }
    }
}
