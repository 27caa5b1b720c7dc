import ConvoHTTP
import Testing

func url(_ text: String) throws -> HTTPURL { try #require(HTTPURL(text)) }

@Suite struct `A request` {
    @Test func `carries method, path, query, headers and body, and brings the answer back`() async throws {
        let server = try LoopbackServer.answering { _ in
            "HTTP/1.1 201 Created\r\nX-Thing: a\r\nx-thing: b\r\nContent-Length: 5\r\n\r\nhello"
        }
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(
            .post, try url(server.url + "/v1/things?a=b%20c"),
            headers: ["Authorization": "Bearer secret", "Content-Type": "application/json"], body: Array("{}".utf8))
        let response = try await transport.send(request)
        #expect(response.status == 201)
        #expect(response.headers["x-thing"] == "a")
        #expect(response.headers.fields.map(\.value).contains("b"))
        #expect(response.body == Array("hello".utf8))
        let received = try #require(server.requests.elements.first)
        #expect(received.line == "POST /v1/things?a=b%20c HTTP/1.1")
        #expect(received.head.contains("\r\nAuthorization: Bearer secret"))
        #expect(received.head.contains("\r\nContent-Type: application/json"))
        #expect(!received.head.contains("Expect:"))
        #expect(received.body == Array("{}".utf8))
    }

    @Test func `that deletes has no body, and an empty answer is an answer`() async throws {
        let server = try LoopbackServer.answering { _ in "HTTP/1.1 204 No Content\r\n\r\n" }
        defer { server.stop() }
        let response = try await CurlTransport().send(HTTPRequest(.delete, try url(server.url + "/x")))
        #expect(response.status == 204)
        #expect(response.body.isEmpty)
        #expect(server.requests.elements.first?.line == "DELETE /x HTTP/1.1")
    }

    @Test func `follows another on the same connection`() async throws {
        let server = try LoopbackServer.answering { _ in LoopbackServer.ok("x") }
        defer { server.stop() }
        let transport = CurlTransport()
        for _ in 0..<5 { _ = try await transport.send(HTTPRequest(.get, try url(server.url + "/"))) }
        #expect(server.connectionCount == 1)
        #expect(server.requests.elements.count == 5)
    }
}
