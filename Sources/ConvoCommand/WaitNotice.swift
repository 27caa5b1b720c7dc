import ConvoModel
import ConvoSync
import Synchronization

/// Prints what a verb waits for, after each ten seconds in which it printed nothing.
///
/// It does so even where standard error is not a terminal.
final class WaitNotice: Sendable {
    /// How long a verb prints nothing before a notice is due.
    static let silence = Duration.seconds(10)

    private struct State {
        var subject: String
        let start: Timestamp
        /// When the person last saw something.
        var lastWord: Timestamp
    }

    private let clock: any SyncClock
    private let say: @Sendable (String) async -> Void
    private let state: Mutex<State>

    /// Starts to count the silence.
    ///
    /// - Parameters:
    ///   - subject: what the verb waits for, as the beginning of a sentence.
    ///   - clock: the clock that measures the silence.
    ///   - say: shows a line to the person.
    init(_ subject: String, clock: any SyncClock = SystemClock(), say: @escaping @Sendable (String) async -> Void) {
        self.clock = clock
        self.say = say
        let now = clock.now
        state = Mutex(State(subject: subject, start: now, lastWord: now))
    }

    /// Changes what the notice says; the count of the silence goes on.
    func waits(for subject: String) { state.withLock { $0.subject = subject } }

    /// Starts to count the silence anew, because the person has seen something by other means.
    func wasSpoken() {
        let now = clock.now
        state.withLock { $0.lastWord = now }
    }

    /// Does the work, and prints notices until it ends.
    func during<Value>(_ work: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.speakUp() }
            defer { group.cancelAll() }
            return try await work()
        }
    }

    /// Prints a notice whenever one is due, until the task is cancelled.
    private func speakUp() async {
        while true {
            let due = state.withLock { $0.lastWord } + WaitNotice.silence
            do { try await clock.sleep(until: due) } catch { return }
            if let line = line(at: clock.now) { await say(line) }
        }
    }

    /// The notice that is due; `nil` where the person has seen something meanwhile.
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
