import ConvoAPI
import ConvoHTTP
import ConvoModel
import Testing

@Suite struct `A retry policy` {
    private let policy = RetryPolicy(
        initialInterval: .seconds(1), maxInterval: .seconds(10), exponent: 2, maxElapsedTime: .seconds(100))

    private func failure(_ status: Int, retryAfter: Duration? = nil) -> APIError {
        APIError(.status(status), effect: .none, message: "", retryAfter: retryAfter)
    }

    @Test func `waits longer each time, up to its limit`() {
        let waits = (0..<6).map {
            policy.wait(after: failure(503), retries: $0, elapsed: .zero, jitter: .zero)
        }
        #expect(waits == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
    }

    @Test func `adds the jitter below its limit`() {
        let jitter = Duration.milliseconds(700)
        #expect(policy.wait(after: failure(503), retries: 0, elapsed: .zero, jitter: jitter) == .milliseconds(1700))
        #expect(policy.wait(after: failure(503), retries: 5, elapsed: .zero, jitter: jitter) == .seconds(10))
    }

    @Test func `does as the server asks, even beyond its own limit`() {
        let wait = policy.wait(
            after: failure(429, retryAfter: .seconds(50)), retries: 0, elapsed: .zero, jitter: .seconds(1))
        #expect(wait == .seconds(50))
        let zero = policy.wait(after: failure(429, retryAfter: .zero), retries: 0, elapsed: .zero, jitter: .zero)
        #expect(zero == .seconds(1))
    }

    @Test func `ends when its time is over, or would be`() {
        #expect(policy.wait(after: failure(503), retries: 0, elapsed: .seconds(100), jitter: .zero) == .seconds(1))
        #expect(policy.wait(after: failure(503), retries: 0, elapsed: .seconds(101), jitter: .zero) == nil)
        #expect(
            policy.wait(after: failure(429, retryAfter: .seconds(51)), retries: 0, elapsed: .seconds(50), jitter: .zero)
                == nil)
    }

    @Test func `is for some statuses only, and for lost connections where asked`() {
        var policy = policy
        func waits(_ error: APIError) -> Bool {
            policy.wait(after: error, retries: 0, elapsed: .zero, jitter: .zero) != nil
        }
        let retried = (300..<600).filter { waits(failure($0)) }
        #expect(retried == [429, 500, 502, 503, 504])
        let kinds: [APIError.Kind] = [.unreachable, .answerLost]
        #expect(!kinds.contains { waits(APIError($0, effect: .none, message: "")) })
        policy.retryConnectionErrors = true
        #expect(kinds.allSatisfy { waits(APIError($0, effect: .none, message: "")) })
        let never: [APIError.Kind] = [
            .cancelled, .notTheAPI(status: 200), .truncatedStream, .unusableRequest, .streamError(code: 3000),
        ]
        #expect(!never.contains { waits(APIError($0, effect: .none, message: "")) })
    }

    @Test func `of none is one attempt`() {
        #expect(RetryPolicy.none.wait(after: failure(503), retries: 0, elapsed: .zero, jitter: .zero) == nil)
    }

    @Test func `survives numbers that make no sense`() {
        for exponent in [Double.infinity, .nan, -1, 0, 1e308] {
            var policy = policy
            policy.exponent = exponent
            for retries in [0, 1, 5, 900] {
                let wait = policy.wait(after: failure(503), retries: retries, elapsed: .zero, jitter: .zero)
                #expect(wait.map { $0 >= .zero && $0 <= .seconds(10) } == true)
            }
        }
    }
}

@Suite struct `A client with a retry policy` {
    private let policy = RetryPolicy(
        initialInterval: .seconds(1), maxInterval: .seconds(60), exponent: 2, maxElapsedTime: .seconds(100),
        retryConnectionErrors: true)

    @Test(arguments: APICall.allCases)
    func `goes on until the answer comes, on its clock:`(_ operation: APICall) async throws {
        let clock = ManualClock()
        let transport = FakeTransport([
            .answer(503), .answer(429, headers: ["Retry-After": "7"]), .lost(.notConnected, reached: false),
            operation.success,
        ])
        try await operation.run(api(transport, retry: policy, clock: clock, jitter: .milliseconds(500)))
        #expect(clock.sleeps == [.milliseconds(1500), .seconds(7), .milliseconds(4500)])
        #expect(transport.requests.count == 4)
        #expect(Set(transport.requests).count == 1)
    }

    @Test func `gives up with the last error, but with what any attempt may have done`() async throws {
        let transport = FakeTransport([.answer(500), .lost(.notConnected, reached: false)])
        let clock = ManualClock()
        let error = try await APICall.append.error(api(transport, retry: policy, clock: clock))
        #expect(error.kind == .unreachable)
        #expect(error.effect == .unknown)
        #expect(clock.sleeps == [1, 2, 4, 8, 16, 32, 60].map { .seconds($0) })
    }

    @Test func `stops where it is cancelled`() async throws {
        let transport = FakeTransport(500)
        let client = try api(transport, retry: policy, clock: ManualClock())
        let task = Task { () async -> APIError? in  // It cancels itself.
            withUnsafeCurrentTask { $0?.cancel() }
            return try? await APICall.append.error(client)
        }
        let error = await task.value
        #expect(error?.kind == .cancelled)
        #expect(error?.effect == .unknown)
        #expect(transport.requests.count == 1)
    }

    @Test func `by default tries once`() async throws {
        for operation in APICall.allCases {
            let transport = FakeTransport(503, headers: ["Retry-After": "1"])
            _ = try await operation.error(api(transport))
            #expect(transport.requests.count == 1)
        }
    }
}

@Suite struct `What Retry-After says` {
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let table: [(HTTPHeaders, Duration?)] = [
        ([:], nil),
        (["Retry-After": "120"], .seconds(120)),
        (["Retry-After": "1.5"], .milliseconds(1500)),
        (["retry-after-ms": "250", "Retry-After": "9"], .milliseconds(250)),
        (["Retry-After": "0"], nil),
        (["Retry-After": "-5"], nil),
        (["Retry-After": "soon"], nil),
        (["Retry-After": ""], nil),
        (["Retry-After": "99999999999999999999"], nil),
        (["Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": date], .seconds(60)),
        (["Retry-After": "Sunday, 06-Nov-94 08:50:37 GMT", "Date": date], .seconds(60)),
        (["Retry-After": "Sun Nov  6 08:50:37 1994", "Date": date], .seconds(60)),
        (["Retry-After": "Sun, 06 Nov 1994 08:48:37 GMT", "Date": date], nil),
        (["Retry-After": "Sun, 06 Nov 1994 08:48:37 GMT"], nil),
        (["Retry-After": "Sun, 06 Foo 1994 08:48:37 GMT", "Date": date], nil),
        (["Retry-After": "Sun, 99 Nov 1994 08:48:37 GMT", "Date": date], nil),
    ]

    @Test(arguments: table.indices)
    func `is kept with the error:`(_ row: Int) async throws {
        let (headers, expected) = Self.table[row]
        let error = try await APICall.append.error(api(FakeTransport(429, headers: headers)))
        #expect(error.retryAfter == expected)
    }

    @Test func `as a date in the future is measured by our clock where the server names no time`() async throws {
        let headers: HTTPHeaders = ["Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"]
        let wait = try #require(try await APICall.append.error(api(FakeTransport(429, headers: headers))).retryAfter)
        #expect(wait > .seconds(86_400) && wait < .seconds(100 * 366 * 86_400))
    }
}
