import Testing

@testable import ConvoHTTP

/// A transport that pushes what a test gives it, and notes what it is told.
private final class TestTask: PushingTask {
    let told = Recorder<String>()
    func resume() { told.record("resume") }
    func suspend() { told.record("suspend") }
    func cancel() { told.record("cancel") }
}

private struct Pushing {
    let task = TestTask()
    let transfer: PushedTransfer

    init(
        _ method: HTTPRequest.Method = .post, limits: HTTPLimits = .test, capacity: Int = PendingResponse.streamCapacity
    ) throws {
        let request = HTTPRequest(method, try url("http://127.0.0.1/"), body: [0x7B], limits: limits)
        transfer = PushedTransfer(request, task, capacity: capacity)
        transfer.begin()
    }

    func push(_ bytes: [UInt8]) { bytes.withUnsafeBytes { transfer.received($0) } }

    /// The error after a time has passed, or `nil`.
    func error(after time: Duration) async -> HTTPError.Kind? {
        guard transfer.timeToLook(at: .now + time) == nil else { return nil }
        guard case .failure(let error) = await transfer.answer.head() else { return nil }
        return error.kind
    }
}

@Suite struct `A transfer that is pushed` {
    @Test func `suspends its task while the reader is behind, and loses nothing`() async throws {
        let pushing = try Pushing(.get)
        #expect(pushing.transfer.received(HTTPHead(status: 200)))
        let chunks = (0..<40).map { [UInt8](repeating: UInt8($0), count: 50_000) }
        for chunk in chunks { pushing.push(chunk) }
        #expect(await pushing.task.told.first(2) == ["resume", "suspend"])
        pushing.transfer.ended(nil)
        var (read, pauses) = ([UInt8](), 0)
        while true {
            let (result, wasPaused) = await pushing.transfer.answer.bytes()
            let bytes = try result.get()
            #expect(bytes.count <= PendingResponse.streamCapacity)
            if bytes.isEmpty { break }
            read += bytes
            if wasPaused { (pauses, _) = (pauses + 1, pushing.transfer.resume()) }
        }
        #expect(read == chunks.flatMap(\.self))
        #expect(pauses > 1)
        #expect(await pushing.task.told.first(3) == ["resume", "suspend", "resume"])
    }

    @Test func `is not suspended where the request may act`() async throws {
        let pushing = try Pushing(.post, capacity: 1)
        #expect(pushing.transfer.received(HTTPHead(status: 200)))
        for byte in [1, 2] as [UInt8] { pushing.push([byte]) }
        pushing.transfer.refuse(.cancelled(mayHaveReachedServer: true))
        #expect(await pushing.task.told.first(2) == ["resume", "cancel"])
    }

    @Test func `brings an error behind what came before it`() async throws {
        let pushing = try Pushing(capacity: 1)
        #expect(pushing.transfer.received(HTTPHead(status: 200)))
        pushing.push([1])
        pushing.push([2])
        pushing.transfer.ended(HTTPError(.connectionLost, mayHaveReachedServer: true, message: "x"))
        #expect(try await pushing.transfer.answer.bytes().result.get() == [1])
        pushing.transfer.resume()
        #expect(try await pushing.transfer.answer.bytes().result.get() == [2])
        #expect(await pushing.transfer.answer.bytes().result.isFailure)
    }

    @Test func `ends when a limit has passed`() async throws {
        let limits = HTTPLimits(connect: .seconds(10), stall: .seconds(30), total: .seconds(100))
        #expect(try await Pushing(limits: limits).error(after: .seconds(9)) == nil)
        #expect(try await Pushing(limits: limits).error(after: .seconds(11)) == .connectTimeout)
        #expect(try await Pushing(.get, limits: limits).error(after: .seconds(29)) == nil)
        #expect(try await Pushing(.get, limits: limits).error(after: .seconds(31)) == .stalled)
        let sent = try Pushing(limits: limits)
        sent.transfer.sentBody()
        #expect(await sent.error(after: .seconds(11)) == nil)
        #expect(await sent.error(after: .seconds(31)) == .stalled)
        #expect(await sent.task.told.first(2) == ["resume", "cancel"])
    }

    @Test func `does not count a slow reader's time, but for the whole`() async throws {
        let limits = HTTPLimits(stall: .seconds(30), total: .seconds(100))
        let pushing = try Pushing(limits: limits, capacity: 1)
        #expect(pushing.transfer.received(HTTPHead(status: 200)))
        for byte in [1, 2] as [UInt8] { pushing.push([byte]) }
        #expect(pushing.transfer.timeToLook(at: .now + .seconds(99)) != nil)
        #expect(pushing.transfer.timeToLook(at: .now + .seconds(101)) == nil)
    }

    @Test func `refuses an answer that is too large, cut, or none`() async throws {
        func kind(_ limits: HTTPLimits = .test, _ act: (Pushing) -> Void) async throws -> HTTPError.Kind? {
            let pushing = try Pushing(limits: limits)
            act(pushing)
            guard case .failure(let error) = await pushing.transfer.answer.whole() else { return nil }
            #expect(error.mayHaveReachedServer)
            return error.kind
        }
        var limits = HTTPLimits.test
        limits.body = 10
        let tooLarge = try await kind(limits) { pushing in
            #expect(pushing.transfer.received(HTTPHead(status: 200)))
            pushing.push([UInt8](repeating: 0, count: 11))
        }
        #expect(tooLarge == .bodyTooLarge(limit: 10))
        let twice = try await kind { pushing in
            #expect(pushing.transfer.received(HTTPHead(status: 200)))
            #expect(!pushing.transfer.received(HTTPHead(status: 200)))
        }
        #expect(twice == .connectionLost)
        let cut = try await kind { pushing in
            #expect(pushing.transfer.received(HTTPHead(status: 200, headers: ["Content-Length": "2"])))
            pushing.push([1])
            pushing.transfer.ended(nil)
        }
        #expect(cut == .connectionLost)
        let none = try await kind { pushing in #expect(!pushing.transfer.received(nil)) }
        #expect(none == .connectionLost)
        let head = HTTPHead(status: 200, headers: ["X": String(repeating: "x", count: HeadParser.sizeLimit)])
        let longHead = try await kind { pushing in #expect(!pushing.transfer.received(head)) }
        #expect(longHead == .headTooLarge(limit: HeadParser.sizeLimit))
    }

    @Test func `ends with the task that waits for it`() async throws {
        let pushing = try Pushing()
        // Cancelled below.
        let task = Task { await pushing.transfer.cancellable { await pushing.transfer.answer.whole() } }
        task.cancel()
        #expect(await task.value.isFailure)
        #expect(await pushing.task.told.first(2) == ["resume", "cancel"])
    }
}
