/// Does what a ``RetryPolicy`` says.
struct Retrier: Sendable {
    let policy: RetryPolicy
    let clock: any Clock<Duration>
    let jitter: @Sendable () -> Duration

    func run<Value>(_ attempt: () async throws(APIError) -> Value) async throws(APIError) -> Value {
        try await run(on: clock, attempt)
    }

    private func run<Time: Clock<Duration>, Value>(
        on clock: Time, _ attempt: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        let start = clock.now
        // What one attempt may have done, no later one can undo.
        var effect = APIError.Effect.none
        var count = 0
        while true {
            do {
                return try await attempt()
            } catch {
                if error.effect == .unknown { effect = .unknown }
                let elapsed = start.duration(to: clock.now)
                guard let wait = policy.wait(after: error, retries: count, elapsed: elapsed, jitter: jitter()) else {
                    throw error.with(effect: effect)
                }
                try await sleep(wait, on: clock, effect: effect)
                count += 1
            }
        }
    }

    private func sleep(_ wait: Duration, on clock: some Clock<Duration>, effect: APIError.Effect) async throws(APIError)
    {
        do {
            try await clock.sleep(for: wait)
        } catch {
            throw APIError(.cancelled, effect: effect, message: "the request was cancelled")
        }
    }
}
