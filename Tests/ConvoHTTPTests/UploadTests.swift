import Expectations
import Testing

@testable import ConvoHTTP

@Suite struct `A body that is sent while it is read` {
    private static func request(_ server: LoopbackServer, _ upload: HTTPUpload, _ method: String = "PUT") throws
        -> HTTPRequest
    {
        var request = HTTPRequest(.get, try url(server.url + "/v1/files?a=b%20c"))
        (request.passedMethod, request.upload) = (method, upload)
        return request
    }

    @Test func `arrives with its length, under the method that was given`() async throws {
        let server = try LoopbackServer.answering { _ in LoopbackServer.ok("done") }
        defer { server.stop() }
        let upload = HTTPUpload(size: 6)
        let writer = Task {
            for piece in ["ab", "cd", "ef"] { #expect(await upload.write(Array(piece.utf8))) }
            upload.finish()
        }
        let answer = try await CurlTransport().stream(Self.request(server, upload))
        await writer.value
        #expect(try await answer.body.collected(limit: 9) == Array("done".utf8))
        let received = server.requests.elements
        #expect(received.first?.line.hasPrefix("PUT /v1/files?a=b%20c HTTP/1.1") == true)
        #expect(received.first?.body == Array("abcdef".utf8))
    }

    @Test func `ends the request where its writer loses the rest`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let upload = HTTPUpload(size: 6)
        #expect(await upload.write(Array("ab".utf8)))
        upload.finish(isWhole: false)
        let request = try Self.request(server, upload)
        let error = try await error { () throws(HTTPError) in _ = try await CurlTransport().stream(request) }
        #expect(error.mayHaveReachedServer)
        #expect(await !upload.write([1]))
    }

    @Test func `holds its writer up while the transfer is behind`() async throws {
        let upload = HTTPUpload(size: nil)
        let steps = Recorder<String>()
        let writer = Task {
            for number in 1...2 {
                _ = await upload.write([UInt8](repeating: 1, count: HTTPUpload.capacity))
                steps.record("wrote \(number)")
            }
            _ = await upload.write([1])
            steps.record("wrote 3")
        }
        _ = await steps.first(1)
        steps.record("took")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * HTTPUpload.capacity, alignment: 1)
        defer { buffer.deallocate() }
        var taken = 0
        while taken < 2 * HTTPUpload.capacity + 1 {
            if case .bytes(let count) = upload.fill(buffer) { taken += count }
            await Task.yield()
        }
        await writer.value
        #expect(steps.elements == ["wrote 1", "took", "wrote 2", "wrote 3"])
    }
}

@Suite struct `A path that passes` {
    @Test func `stays as it was sent, below the server's own`() throws {
        let server = try url("http://127.0.0.1:1/mistral/")
        #expect(
            server.passing(path: "/v1/a%2Fb;c=d", query: "x=%20")?.text
                == "http://127.0.0.1:1/mistral/v1/a%2Fb;c=d?x=%20")
    }

    @Test(arguments: ["/v1/../x", "/v1/%2e%2E/x", "/v1/./x", "v1", "/v1/a b", "/v1/#x", "/v1/\u{E9}"])
    func `never leaves it`(_ path: String) throws {
        #expect(try url("http://127.0.0.1:1/m").passing(path: path, query: nil) == nil)
    }
}
