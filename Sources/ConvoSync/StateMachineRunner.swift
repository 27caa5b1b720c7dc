import ConvoModel

/// Does what a machine says: the only place where steps run at once.
struct StateMachineRunner<Rules: StateMachine> {
    let clock: any SyncClock
    /// Does one step. Never throws: a failure is an outcome.
    let perform: @Sendable (Rules.Step) async -> Rules.Outcome

    private enum Event: Sendable {
        case finished(Rules.Step, Rules.Outcome)
        case moment
        case woken(AsyncEvent.Generation)
    }

    /// Runs the machine to its end.
    ///
    /// Cancelling the task cancels the steps in flight; the machine hears of it as their failure and ends.
    ///
    /// - Parameters:
    ///   - wake: notified when there may be new work meanwhile.
    ///   - seen: the generation of `wake` that the machine's first look at the outside world covers; at the end, the one
    ///     that its last look covers. What was notified after that is for the caller to wait for.
    func run(
        _ rules: inout Rules, wake: AsyncEvent, seen: inout AsyncEvent.Generation, progress: (Rules) -> Void = { _ in }
    ) async {
        await withTaskGroup(of: Event.self) { group in
            var known = seen
            group.addTask { [known] in .woken(await wake.wait(after: known)) }
            var moments: [Timestamp] = []
            while true {
                let now = clock.now
                let turn = rules.next(at: now)
                if !rules.hasChangesToRead { seen = known }
                switch turn {
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
                case .woken(let generation):
                    guard generation > known else { break }  // cancelled
                    known = generation
                    rules.woken()
                    if !Task.isCancelled { group.addTask { .woken(await wake.wait(after: generation)) } }
                case .moment: break
                case nil: return
                }
            }
        }
    }

    /// As ``run(_:wake:seen:progress:)``, where nothing outside is waited for.
    func run(_ rules: inout Rules, progress: (Rules) -> Void = { _ in }) async {
        let wake = AsyncEvent()
        var seen = wake.generation
        await run(&rules, wake: wake, seen: &seen, progress: progress)
    }
}
