import ConvoHTTP
import Foundation
import Testing

@Suite struct `Cancelling` {
    @Test func `a request that waits ends it at once and frees its connection`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(.post, try url(server.url + "/"), body: Array("{}".utf8), limits: .test)
        let clock = ContinuousClock()
        let task = Task { () async -> HTTPError? in  // Cancelled below.
            do throws(HTTPError) { _ = try await transport.send(request) } catch { return error }
            return nil
        }
        _ = await server.requests.first(1)
        let start = clock.now
        task.cancel()
        let error = try #require(await task.value)
        _ = await server.endings.first(1)
        #expect(start.duration(to: clock.now) < .seconds(5))
        #expect(error.kind == .cancelled)
        #expect(error.mayHaveReachedServer)
    }

    @Test func `before the start sends nothing`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let request = HTTPRequest(.get, try url(server.url + "/"))
        let transport = CurlTransport()
        let task = Task { () async -> [HTTPError] in  // It cancels itself.
            withUnsafeCurrentTask { $0?.cancel() }
            var errors: [HTTPError] = []
            do throws(HTTPError) { _ = try await transport.send(request) } catch { errors.append(error) }
            do throws(HTTPError) { _ = try await transport.stream(request) } catch { errors.append(error) }
            return errors
        }
        #expect(await task.value.map(\.kind) == [.cancelled, .cancelled])
        #expect(await task.value.allSatisfy { !$0.mayHaveReachedServer })
        #expect(server.connectionCount == 0)
    }

    @Test func `a stream that waits ends it`() async throws {
        let server = try LoopbackServer.streaming("one")
        defer { server.stop() }
        let stream = try await CurlTransport().stream(HTTPRequest(.post, try url(server.url + "/"), body: [0x7B]))
        let task = Task { () async -> HTTPError? in  // Cancelled below.
            var chunks = stream.body.makeAsyncIterator()
            do throws(HTTPError) { while try await chunks.next() != nil {} } catch { return error }
            return nil
        }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        _ = await server.endings.first(1)
    }

    @Test func `nobody's request leaves others alone`() async throws {
        let server = try LoopbackServer { server, connection, _ in
            while let request = connection.readRequest() {
                server.requests.record(request)
                if request.line.contains("slow") {
                    connection.waitForEnd()
                } else {
                    connection.write(LoopbackServer.ok("x"))
                }
            }
            server.endings.record(0)
        }
        defer { server.stop() }
        let transport = CurlTransport()
        let slow = HTTPRequest(.get, try url(server.url + "/slow"), limits: .test)
        let task = Task { try await transport.send(slow) }  // Cancelled below.
        _ = await server.requests.first(1)
        let fast = HTTPRequest(.get, try url(server.url + "/fast"))
        #expect(try await transport.send(fast).status == 200)
        task.cancel()
        #expect(await task.result.isFailure)
        #expect(try await transport.send(fast).status == 200)
    }

    /// With CONVO_CANCELLATIONS=10000, and in a process by itself, it also checks for leaks and late cancellations.
    @Test func `again and again leaks neither descriptors nor threads nor memory`() async throws {
        let wanted = ProcessInfo.processInfo.environment["CONVO_CANCELLATIONS"].flatMap { Int($0) }
        let count = wanted ?? 200
        let (asked, freed) = (Recorder<String>(), Recorder<Duration>())
        let server = try LoopbackServer { _, connection, _ in
            guard connection.readRequest() != nil else { return }
            let before = RunDelay.ofThisThread()
            asked.record(RunDelay.idOfThisThread())
            connection.waitForEnd()
            freed.record(RunDelay.ofThisThread() - before)  // the thread ends here, and its `schedstat` with it
        }
        defer { server.stop() }
        let transport = CurlTransport()
        let request = HTTPRequest(.post, try url(server.url + "/"), body: Array("{}".utf8), limits: .test)
        var before = Resources.now()
        var slowest = Duration.zero
        var slowestCorrected = Duration.zero
        for number in 0..<count {
            if number == count / 4 { before = Resources.now() }
            let task = Task {
                number % 2 == 0 ? try await transport.send(request).status : try await transport.stream(request).status
            }  // Cancelled below.
            let serverThread = await asked.first(number + 1)[number]
            let delays = RunDelay.ofAllThreads().filter { $0.key != serverThread }
            let start = ContinuousClock().now
            task.cancel()
            #expect(await task.result.isFailure)
            let serverDelay = await freed.first(number + 1)[number]
            let time = start.duration(to: ContinuousClock().now)
            slowest = max(slowest, time)
            guard time > .milliseconds(50) else {
                slowestCorrected = max(slowestCorrected, time)
                continue
            }
            // The time for which threads waited for a processor is not our delay.
            slowestCorrected = max(slowestCorrected, time - serverDelay - RunDelay.since(delays))
        }
        #expect(freed.elements.count == count)
        guard wanted != nil else { return }
        let after = Resources.now()
        print(
            "\(count) cancellations: all within \(slowest), without waits for a processor \(slowestCorrected);",
            "before \(before), after \(after)")
        #expect(after.descriptors <= before.descriptors + 8)
        #expect(after.threads <= before.threads + 4)
        #expect(after.residentKilobytes <= before.residentKilobytes + 8192)
        #expect(slowestCorrected < .milliseconds(50))
    }
}

/// The descriptors, threads and memory of this process.
struct Resources {
    let descriptors: Int
    let threads: Int
    let residentKilobytes: Int

    static func now() -> Resources {
        func entries(_ path: String) -> Int { (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? 0 }
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return Resources(
            descriptors: entries("/proc/self/fd"), threads: entries("/proc/self/task"),
            residentKilobytes: resident.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
    }
}

extension Result {
    var isFailure: Bool { if case .failure = self { true } else { false } }
}
