package import ConvoModel

/// Runs a ``StateMachine``: performs the steps that it asks for.
///
/// This is the only place where steps run concurrently.
struct StateMachineRunner<Rules: StateMachine> {
    let clock: any SyncClock
    /// Performs one step.
    ///
    /// It never throws: a failure is an outcome.
    let perform: @Sendable (Rules.Step) async -> Rules.Outcome

    private enum Event: Sendable {
        case finished(Rules.Step, Rules.Outcome)
        case moment(Timestamp)
        case woken(AsyncEvent.Generation)
    }

    /// Runs the machine until it is done.
    ///
    /// Cancelling the task cancels the steps in flight; the machine receives their failures and ends.
    ///
    /// - Parameters:
    ///   - rules: the machine.
    ///   - wake: notified when there may be new work outside.
    ///   - seen: on entry, the generation of `wake` that the machine's first look at the outside world covers; on
    ///     return, the generation that its last look covers. The caller waits for later ones.
    ///   - progress: called after each step that has finished, with the machine.
    func run(
        _ rules: inout Rules, wake: AsyncEvent, seen: inout AsyncEvent.Generation, progress: (Rules) -> Void = { _ in }
    ) async {
        await withTaskGroup(of: Event.self) { group in
            var known = seen
            group.addTask { [known] in .woken(await wake.wait(after: known)) }
            var moments: [Timestamp] = []
            var inFlight = 0
            while true {
                let now = clock.now
                let turn = rules.next(at: now)
                if !rules.hasChangesToRead { seen = known }
                switch turn {
                case .step(let step):
                    inFlight += 1
                    group.addTask { [perform] in
                        .finished(step, await ProgressMonitor.step("a step of \(Rules.self)") { await perform(step) })
                    }
                    continue
                case .done:
                    group.cancelAll()
                    return
                case .wait(let moment):
                    moments.removeAll { $0 <= now }
                    if let moment, !Task.isCancelled, moments.allSatisfy({ moment < $0 }) {
                        moments.append(moment)
                        group.addTask { [clock] in
                            try? await clock.sleep(until: moment)  // if cancelled, the machine is asked once more
                            return .moment(moment)
                        }
                    }
                }
                note(inFlight, until: moments.min())
                let event = await group.next()
                ProgressMonitor.note(.working)
                switch event {
                case .finished(let step, let outcome):
                    inFlight -= 1
                    rules.finished(step, outcome, at: clock.now)
                    progress(rules)
                case .woken(let generation):
                    guard generation > known else { break }  // cancelled
                    known = generation
                    rules.woken()
                    if !Task.isCancelled { group.addTask { .woken(await wake.wait(after: generation)) } }
                case .moment(let moment):
                    // A clock that was set back may show an earlier time: the machine may ask for the same moment again.
                    moments.removeAll { $0 == moment }
                case nil: return
                }
            }
        }
    }

    /// Notes why the machine rests: for steps, which have entries of their own, or until a moment.
    ///
    /// A machine that rests for neither is stuck: it has the time that work may take.
    private func note(_ inFlight: Int, until moment: Timestamp?) {
        if inFlight > 0 {
            ProgressMonitor.note(.resting(nil))
        } else if let moment {
            ProgressMonitor.rest(until: moment, at: clock.now)
        }
    }

    /// Runs the machine as ``run(_:wake:seen:progress:)`` does, for a machine that waits for nothing outside.
    func run(_ rules: inout Rules, progress: (Rules) -> Void = { _ in }) async {
        let wake = AsyncEvent()
        var seen = wake.generation
        await run(&rules, wake: wake, seen: &seen, progress: progress)
    }
}

/// Rules as a value: what to do next, and what follows from the outcome.
///
/// It has no clock, no I/O and no randomness, so that a simulation can run it step by step and a seed reproduces a bug.
///
/// Several steps may be in flight at once. For each step that ``next(at:)`` returns, the caller calls
/// ``finished(_:_:at:)`` once.
package protocol StateMachine: Sendable {
    /// A step that the machine asks for; the executor performs one at a time, or several concurrently.
    associatedtype Step: Sendable
    /// The outcome of a step, failures included.
    associatedtype Outcome: Sendable

    /// Returns what to do now.
    ///
    /// The caller asks again after each step that this returns, until the answer is to wait or that all is done.
    mutating func next(at now: Timestamp) -> NextAction<Step>
    /// Takes the outcome of a step that has ended, at the moment `now`.
    mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp)
    /// Tells the machine that something outside has changed and there may be new work.
    mutating func woken()
    /// Whether the machine has yet to read what changed outside.
    ///
    /// If it ends before it could, it leaves that to the next run.
    var hasChangesToRead: Bool { get }
}

extension StateMachine {
    /// Does nothing: by default a machine does not depend on changes outside.
    package mutating func woken() {}
    /// Is `false`: by default a machine does not depend on changes outside.
    package var hasChangesToRead: Bool { false }
}

/// The next thing that the caller of a ``StateMachine`` does.
package enum NextAction<Step: Sendable>: Sendable {
    /// Performs this step, and asks for more meanwhile.
    case step(Step)
    /// Waits until a step in flight has finished, the machine is woken, or the moment has come; `nil` for no such
    /// moment.
    case wait(until: Timestamp?)
    /// The machine has ended: nothing more is to be done, and no step is in flight.
    case done
}
