import ConvoJSON
import ConvoModel
import ConvoSandbox
import MistralEmulator
import Testing

@Suite(.sandbox) struct `The list` {
    @Test func `is newest first by creation, and an append moves nothing`() async throws {
        let first = try await visitor.start()
        let second = try await visitor.start()
        _ = try await visitor.append("more", to: first)
        #expect(try await visitor.ids().map { Visitor.collection + "/" + $0 } == [second, first])
    }

    @Test func `comes in pages that count from 0`() async throws {
        for _ in 0..<5 { _ = try await visitor.start() }
        let all = try await visitor.ids()
        #expect(try await visitor.ids("?page=0&page_size=2") == Array(all[0..<2]))
        #expect(try await visitor.ids("?page=2&page_size=2") == Array(all[4..<5]))
        #expect(try await visitor.ids("?page=3&page_size=2").isEmpty)
        #expect(try await visitor.ids("?page=9223372036854775807&page_size=2").isEmpty)
    }

    @Test func `has a largest page, clamped or refused`() async throws {
        try await visitor.turn("page-size-limit=2")
        for _ in 0..<3 { _ = try await visitor.start() }
        #expect(try await visitor.ids("?page_size=3").count == 2)
        try await visitor.sandbox.turn { $0.pageSizeOverLimit = .refuse }
        #expect(try await visitor.get(Visitor.collection + "?page_size=3").status == 422)
    }

    @Test func `is filtered by metadata`() async throws {
        for value in ["1", "2"] {
            _ = try await visitor.post(
                Visitor.collection, #"{"model":"m","inputs":"x","metadata":{"k":"\#(value)","other":true}}"#)
        }
        #expect(try await visitor.ids("?metadata=%7B%22k%22%3A%222%22%7D").count == 1)
        #expect(try await visitor.ids("?metadata=%7B%7D").count == 2)
        #expect(try await visitor.ids("?metadata=null").count == 2)
        try await visitor.sandbox.turn { $0.metadataMatch = .exact }
        #expect(try await visitor.ids("?metadata=%7B%22k%22%3A%222%22%7D").isEmpty)
        try await visitor.sandbox.turn { $0.metadataMatch = .ignore }
        #expect(try await visitor.ids("?metadata=%7B%22k%22%3A%222%22%7D").count == 2)
    }

    @Test func `refuses metadata that is no object, as the SDK's sentinel is not`() async throws {
        let reply = try await visitor.get(Visitor.collection + "?metadata=%22~%3F~unset~%3F~sentinel~%3F~%22")
        #expect(reply.status == 422)
        #expect(reply.json["code"]?.int == 3001)
    }

    @Test func `refuses a page that is no number`() async throws {
        for query in ["?page=x", "?page_size=1.5", "?page=-1", "?page_size=0"] {
            #expect(try await visitor.get(Visitor.collection + query).status == 422)
        }
    }
}

@Suite(.sandbox) struct `Deleting` {
    @Test func `answers 204 with nothing, and the conversation is gone`() async throws {
        let path = try await visitor.start()
        let reply = try await visitor.delete(path)
        #expect(reply.status == 204)
        #expect(reply.text.isEmpty)
        #expect(try await visitor.get(path).status == 404)
        #expect(try await visitor.get(Visitor.collection).json.elements.isEmpty)
    }

    @Test func `what is not there is 404 or 204, as the switch says`() async throws {
        let path = Visitor.collection + "/conv_none"
        #expect(try await visitor.delete(path).status == 404)
        try await visitor.sandbox.turn { $0.deleteUnknown = .noContent }
        #expect(try await visitor.delete(path).status == 204)
    }
}
