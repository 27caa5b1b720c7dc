import ConvoJSON
import ConvoModel
import ConvoSandbox
import HummingbirdTesting
import MistralEmulator
import Testing

@Suite(.sandbox) struct `A generated image` {
    private func image(
        _ visitor: Visitor, _ text: String = "sandbox:image", _ more: String = ""
    ) async throws -> (execution: JSONText, chunks: [JSONText]) {
        let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"\#(text)"\#(more)}"#)
        let outputs = try #require(reply.json["outputs"]?.elements)
        let chunks = outputs.last?["content"]?.elements ?? []
        return (try #require(outputs.first), chunks.filter { $0["type"]?.string == "tool_file" })
    }

    @Test func `is a tool execution with a URL in a string, and a chunk in the answer`() async throws {
        let (execution, chunks) = try await image(visitor)
        #expect(execution["name"]?.string == "image_generation")
        #expect(execution["function"]?.string == "generate_image")
        let result = try JSONText(execution["info"]?["result"]?.string ?? "")
        #expect(result["url"]?.string?.hasPrefix("http://127.0.0.1") == true)
        let chunk = try #require(chunks.first)
        #expect(chunk.members.map(\.key) == ["type", "tool", "file_id", "file_name", "file_type"])
        #expect(chunk["file_name"]?.string == "image_generated_0")
        #expect(chunk["file_id"]?.string?.count == 36)
    }

    @Test func `is one of several`() async throws {
        let names = try await image(visitor, "sandbox:image=3").chunks.compactMap { $0["file_name"]?.string }
        #expect(names == ["image_generated_0", "image_generated_1", "image_generated_2"])
    }

    @Test func `has no chunk where the switch says so, and its URL all the same`() async throws {
        try await visitor.turn("image-chunk=missing")
        let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"sandbox:image"}"#)
        let outputs = try #require(reply.json["outputs"]?.elements)
        #expect(outputs.last?["content"]?.kind == .string)
        #expect(outputs.first?["info"]?["result"]?.string?.contains("signature=") == true)
    }

    @Test func `may fail with a text`() async throws {
        let (execution, chunks) = try await image(visitor, "sandbox:image-fails")
        #expect(chunks.isEmpty)
        #expect(execution["info"]?["result"]?.string?.hasPrefix("Image generation failed") == true)
    }

    @Test(.liveSandbox) func `is downloaded as JPEG in chunks, though its conversation is not stored`() async throws {
        let id = try #require(
            try await image(visitor, "sandbox:image", #","store":false"#).chunks[0]["file_id"]?.string)
        let reply = try await visitor.get("/v1/files/\(id)/content")
        #expect((reply.status, reply["content-type"]) == (200, "application/octet-stream"))
        #expect((reply["content-length"], reply["content-disposition"]) == (nil, nil))
        #expect(reply["transfer-encoding"] == "chunked")
        #expect(reply.bytes.starts(with: [0xFF, 0xD8, 0xFF]) && reply.bytes.suffix(2) == [0xFF, 0xD9])
        #expect(reply.bytes.count > 100_000)
    }

    @Test func `is deleted once`() async throws {
        let id = try #require(try await image(visitor).chunks[0]["file_id"]?.string)
        let reply = try await visitor.delete("/v1/files/\(id)")
        #expect(reply.text == #"{"id":"\#(id)","object":"file","deleted":true}"#)
        for path in ["/v1/files/\(id)/content", "/v1/files/\(id)/url"] {
            #expect(try await visitor.get(path).status == 404)
        }
        #expect(try await visitor.delete("/v1/files/\(id)").status == 404)
    }

    @Test func `is its user's alone`() async throws {
        try await visitor.turn("keys=a@ada,b@bob")
        let id = try #require(try await image(visitor.bearing("a")).chunks[0]["file_id"]?.string)
        #expect(try await visitor.bearing("b").get("/v1/files/\(id)/content").status == 404)
        #expect(try await visitor.bearing("a").get("/v1/files/\(id)/content").status == 200)
    }

    @Test func `has a URL for up to a week`() async throws {
        let id = try #require(try await image(visitor).chunks[0]["file_id"]?.string)
        for (query, status) in [
            ("", 200), ("?expiry=1", 200), ("?expiry=168", 200), ("?expiry=0", 422), ("?expiry=169", 422),
            ("?expiry=x", 422),
        ] {
            let reply = try await visitor.get("/v1/files/\(id)/url" + query)
            #expect(reply.status == status)
            #expect((reply.json["url"]?.string != nil) == (status == 200))
        }
    }

    @Test func `is had by its URL without a key, while that is good`() async throws {
        let server = try await SandboxServer.start(Sandbox(switches: .turned("keys=right")))
        func url() async throws -> String {
            let body = JSONText.object(["model": .string("m"), "inputs": .string("sandbox:image")])
            let answer = try await server.sandbox.start(body)
            let result = answer["outputs"]?.elements.first?["info"]?["result"]?.string
            return try JSONText(result ?? "")["url"]?.string ?? ""
        }
        let good = try await url()
        #expect(good.hasPrefix(server.baseURL + "/"))
        let path = String(good.dropFirst(server.baseURL.count))
        #expect(try await server.status(of: path) == 200)
        #expect(try await server.status(of: path + "0") == 403)
        await server.sandbox.turn { $0.signedURLSeconds = 0 }
        let over = String(try await url().dropFirst(server.baseURL.count))
        #expect(try await server.status(of: over) == 403)
        await server.stop()
    }
}

@Suite(.sandbox) struct `A file of code_interpreter` {
    @Test func `has a chunk, a URL in its execution, and its content or 500`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"sandbox:file"}"#)
        let outputs = try #require(reply.json["outputs"]?.elements)
        #expect(outputs.first?["info"]?["file_url"]?.string?.hasPrefix("http") == true)
        let chunk = try #require(outputs.last?["content"]?.elements.last)
        #expect(chunk["tool"]?.string == "code_interpreter")
        let path = "/v1/files/\(chunk["file_id"]?.string ?? "")/content"
        #expect(try await visitor.get(path).text.hasPrefix("city,degrees\n"))
        try await visitor.turn("code-file=500")
        #expect(try await visitor.get(path).status == 500)
    }
}
