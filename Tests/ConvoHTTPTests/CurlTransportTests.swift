import ConvoHTTP
import Testing

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

    @Test func `has the last head's fields, not those of what came before or after`() async throws {
        let server = try LoopbackServer.answering { _ in
            "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nX-Folded: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n"
                + "5\r\nhello\r\n0\r\nX-Late: yes\r\n\r\n"
        }
        defer { server.stop() }
        let response = try await CurlTransport().send(HTTPRequest(.get, try url(server.url + "/")))
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        #expect(response.headers["x-early"] == nil)
        #expect(response.headers["x-late"] == nil)
    }

    @Test func `asks for compression and undoes it; a stream does not ask`() async throws {
        let gzip: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0,
        ]
        let server = try LoopbackServer { server, connection, _ in
            while let request = connection.readRequest() {
                server.requests.record(request)
                connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzip.count)\r\n\r\n")
                connection.write(gzip)
            }
        }
        defer { server.stop() }
        let request = HTTPRequest(.get, try url(server.url + "/"))
        let transport = CurlTransport()
        #expect(try await transport.send(request).body == Array("hello".utf8))
        _ = try await transport.stream(request).body.collected(limit: 1000)
        let asked = server.requests.elements.map { $0.head.lowercased().contains("accept-encoding") }
        #expect(asked == [true, false])
    }

    @Test func `is one of many at once`() async throws {
        let server = try LoopbackServer.answering { LoopbackServer.ok($0.line) }
        defer { server.stop() }
        let transport = CurlTransport()
        let target = server.url
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<600 {
                group.addTask {
                    let request = HTTPRequest(.get, try url(target + "/\(number)"))
                    return String(decoding: try await transport.send(request).body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers == Set((0..<600).map { "GET /\($0) HTTP/1.1" }))
    }
}
