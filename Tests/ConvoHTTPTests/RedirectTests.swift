import ConvoHTTP
import Testing

@Suite struct `A redirect` {
    private static func moved(to location: String, status: Int = 302) -> String {
        "HTTP/1.1 \(status) Moved\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n"
    }

    @Test func `to the same server is followed by a GET, with its key`() async throws {
        let server = try LoopbackServer.answering { request in
            request.line.contains("/old") ? Self.moved(to: "/new?a=b") : LoopbackServer.ok("here")
        }
        defer { server.stop() }
        let request = HTTPRequest(.get, try url(server.url + "/old"), headers: ["Authorization": "Bearer k"])
        #expect(try await CurlTransport().send(request).body == Array("here".utf8))
        let received = server.requests.elements
        #expect(received.map(\.line) == ["GET /old HTTP/1.1", "GET /new?a=b HTTP/1.1"])
        #expect(received.allSatisfy { $0.head.contains("Authorization: Bearer k") })
    }

    @Test func `to another server is an answer, and the key goes nowhere`() async throws {
        let other = try LoopbackServer.answering { _ in LoopbackServer.ok("stolen") }
        defer { other.stop() }
        let targets = [
            other.url + "/", "//127.0.0.1:\(other.port)/", "http://localhost:\(other.port)/", "ftp://x/", "::",
        ]
        for target in targets {
            let server = try LoopbackServer.answering { _ in Self.moved(to: target) }
            defer { server.stop() }
            let request = HTTPRequest(.get, try url(server.url + "/"), headers: ["Authorization": "Bearer k"])
            #expect(try await CurlTransport().send(request).status == 302)
        }
        #expect(other.connectionCount == 0)
    }

    @Test func `is not followed by what may act twice`() async throws {
        let server = try LoopbackServer.answering { _ in Self.moved(to: "/new", status: 307) }
        defer { server.stop() }
        for method in [HTTPRequest.Method.post, .delete] {
            #expect(try await CurlTransport().send(HTTPRequest(method, try url(server.url + "/"))).status == 307)
        }
        #expect(server.requests.elements.count == 2)
    }

    @Test func `in a circle comes to an end`() async throws {
        let server = try LoopbackServer.answering { _ in Self.moved(to: "/") }
        defer { server.stop() }
        #expect(try await CurlTransport().send(HTTPRequest(.get, try url(server.url + "/"))).status == 302)
        #expect(server.requests.elements.count == 6)
    }
}
