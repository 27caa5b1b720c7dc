import ConvoHTTP
import Expectations
import Testing

@Suite struct `A stream` {
    @Test func `is there with its head, and gives what comes when it comes`() async throws {
        let steps = Recorder<Int>()
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for step in 1...3 {
                steps.wait(for: step)
                connection.write("1\r\n\(step)\r\n")
            }
            connection.write("0\r\n\r\n")
        }
        defer { server.stop() }
        let stream = try await CurlTransport().stream(HTTPRequest(.post, try url(server.url + "/"), body: [0x7B]))
        #expect(stream.status == 200)
        #expect(stream.headers["content-type"] == "text/event-stream")
        var chunks = stream.body.makeAsyncIterator()
        for step in 1...3 {
            steps.record(step)
            #expect(try await chunks.next() == Array("\(step)".utf8))
        }
        #expect(try await chunks.next() == nil)
        #expect(try await chunks.next() == nil)
    }

    @Test func `that breaks off gives what came, then the error`() async throws {
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        }
        defer { server.stop() }
        let stream = try await CurlTransport().stream(HTTPRequest(.get, try url(server.url + "/")))
        var received: [UInt8] = []
        var chunks = stream.body.makeAsyncIterator()
        let error = try await error { () throws(HTTPError) in
            while let chunk = try await chunks.next() { received += chunk }
        }
        #expect(received == Array("abc".utf8))
        #expect(error.kind == .connectionLost)
        #expect(error.mayHaveReachedServer)
    }

    @Test func `with a slow reader holds its sender up, and loses nothing`() async throws {
        let sent = Recorder<Int>()
        let mayGoOn = Recorder<Int>()
        let total = 64 << 20
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            // While the test does not read, buffers take 64 MiB at most, and far less if the transfer is paused.
            let chunk = [UInt8](repeating: 0x61, count: 64 << 10)
            let held = connection.writeUntilStuck(chunk, limit: total)
            sent.record(held)
            mayGoOn.wait(for: 1)
            var rest = total - held
            while rest > 0 {
                let part = min(rest, chunk.count)
                guard connection.write(Array(chunk[..<part])) else { break }
                rest -= part
            }
        }
        defer { server.stop() }
        var limits = HTTPLimits.test
        limits.body = total
        let stream = try await CurlTransport().stream(HTTPRequest(.get, try url(server.url + "/"), limits: limits))
        let held = try #require(await sent.first(1).first)
        #expect(held < total / 2)
        mayGoOn.record(1)
        var count = 0
        for try await chunk in stream.body {
            #expect(chunk.count <= 512 << 10)
            count += chunk.count
        }
        #expect(count == total)
    }

    @Test(arguments: [0, 1, 300, 100_000])
    func `is there at once as a whole, or so much of it as was asked for:`(size: Int) async throws {
        let mayGoOn = Recorder<Int>()
        let server = try LoopbackServer { _, connection, _ in
            if connection.readRequest()?.line.contains("/old") == true {
                connection.write(
                    "HTTP/1.1 307 Moved\r\nLocation: /new\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            connection.write([UInt8](repeating: 0x61, count: min(size, 300)))
            if size > 300 { mayGoOn.wait(for: 1) }
            connection.write([UInt8](repeating: 0x62, count: size - min(size, 300)))
        }
        defer { server.stop() }
        let request = HTTPRequest(.get, try url(server.url + "/old"))
        let answer = try await CurlTransport().receive(request, gathering: 300)
        mayGoOn.record(1)
        #expect(answer.status == 200)
        var chunks = answer.body.makeAsyncIterator()
        var body = try await chunks.next() ?? []
        #expect(size > 300 ? body.count >= 300 : body.count == size)
        while let chunk = try await chunks.next() { body += chunk }
        #expect(body.count == size && body.filter { $0 == 0x62 }.count == max(0, size - 300))
    }

    @Test func `that is let go ends its request`() async throws {
        let server = try LoopbackServer.streaming("one")
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(.get, try url(server.url + "/"))
        _ = try await transport.stream(request)
        _ = await server.endings.first(1)
        for try await chunk in try await transport.stream(request).body {
            #expect(chunk == Array("one".utf8))
            break
        }
        _ = await server.endings.first(2)
    }

    @Test func `outlives whoever made its transport`() async throws {
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
            connection.write("def")
        }
        defer { server.stop() }
        let stream = try await CurlTransport().stream(HTTPRequest(.get, try url(server.url + "/")))
        #expect(try await stream.body.collected(limit: 100) == Array("abcdef".utf8))
    }

    @Test func `larger than allowed ends in an error`() async throws {
        let server = try LoopbackServer { _, connection, _ in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.write(Array("8\r\nabcdefgh\r\n".utf8)) {}
        }
        defer { server.stop() }
        var limits = HTTPLimits.test
        limits.body = 1 << 20
        let request = HTTPRequest(.get, try url(server.url + "/"), limits: limits)
        let error = try await error { () throws(HTTPError) in
            try await CurlTransport().stream(request).body.collected(limit: .max)
        }
        #expect(error.kind == .bodyTooLarge(limit: 1 << 20))
    }
}

@Suite struct `A closed transport` {
    @Test func `fails what is under way and what comes later`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(.get, try url(server.url + "/"), limits: .test)
        let task = Task { () async -> HTTPError? in  // The closing ends it.
            do throws(HTTPError) { _ = try await transport.send(request) } catch { return error }
            return nil
        }
        _ = await server.requests.first(1)
        transport.close()
        let error = try #require(await task.value)
        #expect(error.kind == .transportClosed)
        #expect(error.mayHaveReachedServer)
        _ = await server.endings.first(1)
        let later = try await Expectations.error { () throws(HTTPError) in try await transport.send(request) }
        #expect(later.kind == .transportClosed)
        #expect(!later.mayHaveReachedServer)
        transport.close()
    }
}
