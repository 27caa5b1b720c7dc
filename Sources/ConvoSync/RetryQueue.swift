import ConvoModel

/// The steps of a pull that wait for another attempt, and when each is due.
struct RetryQueue {
    private struct Retry {
        let step: PullMachine.Step
        let moment: Timestamp
        let wait: Duration

        /// A moment that lies further ahead than the whole wait means that the clock has been set back since.
        func isDue(at now: Timestamp) -> Bool { moment <= now || moment > now + wait }
    }

    private var waiting: [Retry] = []
    private var counts: [PullMachine.Step: Int] = [:]

    var isEmpty: Bool { waiting.isEmpty }
    /// When the next step is due; `nil` if none waits.
    var next: Timestamp? { waiting.map(\.moment).min() }

    /// How often the step has failed in a row.
    func count(_ step: PullMachine.Step) -> Int { counts[step] ?? 0 }

    /// Counts a failure of the step, which is attempted again after `wait`.
    mutating func add(_ step: PullMachine.Step, after wait: Duration, at now: Timestamp) {
        counts[step, default: 0] += 1
        waiting.append(Retry(step: step, moment: now + wait, wait: wait))
    }

    mutating func succeeded(_ step: PullMachine.Step) { if !counts.isEmpty { counts[step] = nil } }

    /// Takes out a step whose time has come; `nil` if there is none.
    mutating func due(at now: Timestamp) -> PullMachine.Step? {
        waiting.firstIndex { $0.isDue(at: now) }.map { waiting.remove(at: $0).step }
    }
}
