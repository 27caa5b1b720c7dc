public import ConvoModel

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

/// Rules as a value: what to do next, and what follows from what came of it. No clock, no I/O, no chance inside, so
/// that a simulation can run it step by step and a seed replays a bug.
///
/// Steps may be in flight at once. For each step that ``next(at:)`` gives, ``finished(_:_:at:)`` is called once.
public protocol StateMachine: Sendable {
    associatedtype Step: Sendable
    associatedtype Outcome: Sendable

    /// What to do now. Asked again after each step it gives, until it says wait or done.
    mutating func next(at now: Timestamp) -> NextAction<Step>
    mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp)
    /// Something outside has changed: there may be new work.
    mutating func woken()
    /// Whether it has still to look at what has changed outside. One that ends before it could leaves that to the next.
    var hasChangesToRead: Bool { get }
}

extension StateMachine {
    public mutating func woken() {}
    public var hasChangesToRead: Bool { false }
}

public enum NextAction<Step: Sendable>: Sendable {
    case step(Step)
    /// Nothing until a step in flight has finished, the machine is woken, or that moment has come.
    case wait(until: Timestamp?)
    /// Nothing more; no step is in flight.
    case done
}
