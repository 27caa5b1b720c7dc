import ConvoModel

/// Does what a machine says: the only place where steps run at once.
struct Runner<Rules: Machine> {
    let clock: any SyncClock
    /// Does one step. Never throws: a failure is an outcome.
    let perform: @Sendable (Rules.Step) async -> Rules.Outcome

    private enum Event: Sendable {
        case finished(Rules.Step, Rules.Outcome)
        case moment
        case woken
    }

    /// Runs the machine to its end.
    ///
    /// Cancelling the task cancels the steps in flight; the machine hears of it as their failure and ends.
    ///
    /// - Parameter wake: rung when there may be new work meanwhile.
    func run(
        _ rules: inout Rules, wake: WakeSignal? = nil, progress: (Rules) -> Void = { _ in }
    ) async {
        await withTaskGroup(of: Event.self) { group in
            if let wake { group.addTask { await Runner.waitForWake(wake) } }
            var moments: [Timestamp] = []
            while true {
                let now = clock.now
                switch rules.next(at: now) {
                case .step(let step):
                    group.addTask { [perform] in .finished(step, await perform(step)) }
                    continue
                case .done:
                    group.cancelAll()
                    return
                case .wait(let moment):
                    moments.removeAll { $0 <= now }
                    if let moment, !Task.isCancelled, moments.allSatisfy({ moment < $0 }) {
                        moments.append(moment)
                        group.addTask { [clock] in
                            try? await clock.sleep(until: moment)  // cancelled: the machine is asked once more
                            return .moment
                        }
                    }
                }
                switch await group.next() {
                case .finished(let step, let outcome):
                    rules.finished(step, outcome, at: clock.now)
                    progress(rules)
                case .woken:
                    rules.woken()
                    if let wake, !Task.isCancelled { group.addTask { await Runner.waitForWake(wake) } }
                case .moment: break
                case nil: return
                }
            }
        }
    }

    private static func waitForWake(_ wake: WakeSignal) async -> Event {
        await wake.wait()
        return .woken
    }
}
