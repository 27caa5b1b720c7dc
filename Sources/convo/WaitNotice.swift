import ConvoModel
import ConvoSync
import Synchronization

/// Says what a verb waits for, whenever nothing was said for ten seconds: also where standard error is no terminal.
final class WaitNotice: Sendable {
    static let silence = Duration.seconds(10)

    private struct State {
        var subject: String
        let start: Timestamp
        var lastWord: Timestamp
    }

    private let clock: any SyncClock
    private let say: @Sendable (String) async -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - subject: what is waited for, as a sentence begins.
    ///   - say: brings a line to the person.
    init(_ subject: String, clock: any SyncClock = SystemClock(), say: @escaping @Sendable (String) async -> Void) {
        self.clock = clock
        self.say = say
        let now = clock.now
        state = Mutex(State(subject: subject, start: now, lastWord: now))
    }

    /// Something else is waited for from now on, or more is known of it.
    func waits(for subject: String) { state.withLock { $0.subject = subject } }

    /// The person has seen something by other means.
    func wasSpoken() {
        let now = clock.now
        state.withLock { $0.lastWord = now }
    }

    /// Does the work, and speaks up while it takes long.
    func during<Value>(_ work: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.speakUp() }
            defer { group.cancelAll() }
            return try await work()
        }
    }

    /// Until the task is cancelled.
    private func speakUp() async {
        while true {
            let due = state.withLock { $0.lastWord } + WaitNotice.silence
            do { try await clock.sleep(until: due) } catch { return }
            if let line = line(at: clock.now) { await say(line) }
        }
    }

    /// `nil` where something was said meanwhile.
    private func line(at now: Timestamp) -> String? {
        state.withLock { state in
            if now < state.lastWord { state.lastWord = now }  // the clock was set back
            guard now >= state.lastWord + WaitNotice.silence else { return nil }
            state.lastWord = now
            let seconds = max(0, now.microseconds - state.start.microseconds) / 1_000_000
            return "\(state.subject); \(seconds) s so far."
        }
    }
}

private func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let (seconds, attoseconds) = duration.components
    return Timestamp(microseconds: moment.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
}
