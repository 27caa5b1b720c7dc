import ConvoHTTP
import Expectations
import Testing

@Suite struct `A failure before the server can know` {
    private func failure(_ text: String) async throws -> HTTPError {
        let request = HTTPRequest(.post, try url(text), body: Array("{}".utf8))
        return try await error { () throws(HTTPError) in try await CurlTransport().send(request) }
    }

    @Test func `is a refused connection`() async throws {
        let error = try await failure("http://127.0.0.1:\(ClosedPort().number)/")
        #expect(error.kind == .notConnected)
        #expect(!error.mayHaveReachedServer)
    }

    @Test func `is a name without an address`() async throws {
        let error = try await failure("http://convo.invalid/")
        // A resolver's answer for such a name (RFC 6761, 6.4) depends on the network in which the test runs.
        #expect([.unresolved, .connectTimeout, .notConnected].contains(error.kind))
        #expect(!error.mayHaveReachedServer)
    }

    @Test func `is a peer that does not speak TLS`() async throws {
        let server = try LoopbackServer { _, connection, _ in connection.write("HTTP/1.1 200 OK\r\n\r\n") }
        defer { server.stop() }
        let error = try await failure("https://127.0.0.1:\(server.port)/")
        #expect(error.kind == .insecure)
        #expect(!error.mayHaveReachedServer)
    }

    @Test func `is a header field that would become two`() async throws {
        let request = HTTPRequest(
            .get, try url("http://127.0.0.1:9/"), headers: ["Authorization": "Bearer a\r\nX-Other: b"])
        let error = try await error { () throws(HTTPError) in try await CurlTransport().send(request) }
        #expect(error.kind == .unusableRequest)
        #expect(!error.mayHaveReachedServer)
        #expect(!"\(error)".contains("Bearer"))
    }

    @Test func `is no connection in time`() async throws {
        // No program accepts from the socket, and its backlog is full, so the handshake gets no answer.
        let port = try DeafPort()
        let limits = HTTPLimits(connect: .milliseconds(50), stall: .seconds(60), total: .seconds(60))
        let request = HTTPRequest(.get, try url("http://127.0.0.1:\(port.number)/"), limits: limits)
        let error = try await error { () throws(HTTPError) in try await CurlTransport().send(request) }
        #expect(error.kind == .connectTimeout)
        #expect(!error.mayHaveReachedServer)
    }
}

@Suite struct `A failure after the server may know` {
    private func failure(
        limits: HTTPLimits = .test, _ answer: @escaping @Sendable (Connection) -> Void
    ) async throws -> HTTPError {
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            answer(connection)
        }
        defer { server.stop() }
        let request = HTTPRequest(
            .post, try url(server.url + "/secret/?query=hidden"), headers: ["Authorization": "Bearer hidden"],
            body: Array("hidden".utf8), limits: limits)
        let error = try await error { () throws(HTTPError) in try await CurlTransport().send(request) }
        #expect(error.mayHaveReachedServer)
        #expect(!"\(error)".contains("hidden"))
        return error
    }

    @Test func `is a connection that ends without an answer`() async throws {
        #expect(try await failure { $0.close() }.kind == .connectionLost)
        #expect(try await failure { $0.reset() }.kind == .connectionLost)
    }

    @Test func `is an answer that is cut`() async throws {
        let cut = ["HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"]
        for text in cut { #expect(try await failure { $0.write(text) }.kind == .connectionLost) }
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        #expect(try await failure { $0.write(chunked) }.kind == .connectionLost)
    }

    @Test func `is an answer that is not HTTP`() async throws {
        #expect(try await failure { $0.write("SSH-2.0-OpenSSH_9.2\r\n") }.kind == .connectionLost)
    }

    @Test func `is silence`() async throws {
        let stall = HTTPLimits(stall: .seconds(1), total: .seconds(60))
        #expect(try await failure(limits: stall) { $0.waitForEnd() }.kind == .stalled)
        let total = HTTPLimits(stall: .seconds(60), total: .milliseconds(100))
        #expect(try await failure(limits: total) { $0.waitForEnd() }.kind == .timeout)
    }

    @Test func `is an answer that is too large, announced or not`() async throws {
        var limits = HTTPLimits.test
        limits.body = 10
        let bodies = [
            "Content-Length: 11\r\n\r\nhello world", "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n",
        ]
        for body in bodies {
            #expect(
                try await failure(limits: limits) { $0.write("HTTP/1.1 200 OK\r\n" + body) }.kind
                    == .bodyTooLarge(limit: 10))
        }
    }

    @Test func `is a header without an end`() async throws {
        let error = try await failure { connection in
            connection.write("HTTP/1.1 200 OK\r\n")
            let line = Array(("X: " + String(repeating: "x", count: 10_000) + "\r\n").utf8)
            while connection.write(line) {}
        }
        guard case .headTooLarge = error.kind else { throw Unexpected("\(error.kind)") }
    }
}

@Suite struct `A kept connection that dies` {
    /// libcurl sends a request again by itself if a kept connection ends without a byte of an answer.
    @Test func `does not make a write arrive twice`() async throws {
        for method in [HTTPRequest.Method.post, .delete] {
            for body in ["", "{}"] {
                let server = try LoopbackServer { server, connection, _ in
                    while let request = connection.readRequest() {
                        server.requests.record(request)
                        guard request.line.hasPrefix("GET") else { return connection.reset() }
                        connection.write(LoopbackServer.ok("x"))
                    }
                }
                defer { server.stop() }
                let transport = CurlTransport()
                let target = try url(server.url + "/")
                _ = try await transport.send(HTTPRequest(.get, target))
                let error = try await error { () throws(HTTPError) in
                    try await transport.send(HTTPRequest(method, target, body: Array(body.utf8)))
                }
                #expect(error.mayHaveReachedServer)
                #expect(server.requests.elements.map { $0.line.prefix(3) } == ["GET", method.rawValue.prefix(3)])
            }
        }
    }

    @Test func `is replaced for what only reads`() async throws {
        let server = try LoopbackServer { _, connection, number in
            _ = connection.readRequest()
            connection.write(LoopbackServer.ok("\(number)"))
            if number == 0 {
                _ = connection.readRequest()
                connection.close()
            }
        }
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(.get, try url(server.url + "/"))
        #expect(try await transport.send(request).body == Array("0".utf8))
        #expect(try await transport.send(request).body == Array("1".utf8))
    }
}
