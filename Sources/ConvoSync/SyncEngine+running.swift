import ConvoModel
public import ConvoStore

/// How often a daemon pulls.
public struct SyncIntervals: Sendable, Hashable {
    /// Between two looks at the first page of the list.
    public var poll: Duration
    /// Between two sweeps of all pages.
    public var sweep: Duration

    public init(poll: Duration = .seconds(30), sweep: Duration = .seconds(900)) {
        self.poll = poll
        self.sweep = sweep
    }
}

/// What a running engine tells of itself.
public enum SyncEvent: Sendable {
    case pulled(PullMachine.Scope, PullReport)
    case pushed(PushReport)
    /// The store failed; the engine tries again.
    case storeFailed(StoreError)
}

extension SyncEngine {
    /// Another process pushes for this database: look again after this.
    private static let lockRetry = Duration.milliseconds(250)
    /// However due the next write may look, the loop never spins.
    private static let shortestPause = Duration.milliseconds(100)

    /// Pulls and pushes until the task is cancelled. Requests in flight end then; a write among them is in doubt,
    /// and is confirmed by whoever runs next.
    ///
    /// - Parameters:
    ///   - wake: rung when something was queued: it is sent at once.
    ///   - observe: called after each pull and each push that did something.
    public func run(
        _ intervals: SyncIntervals, wake: WakeSignal, observe: @escaping @Sendable (SyncEvent) -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pullForever(intervals, observe) }
            group.addTask { await pushForever(wake, observe) }
        }
    }

    private func pullForever(_ intervals: SyncIntervals, _ observe: (SyncEvent) -> Void) async {
        var schedule = PullSchedule(
            pollInterval: intervals.poll, sweepInterval: intervals.sweep, backoff: limits.backoff)
        while !Task.isCancelled {
            switch schedule.next(at: clock.now) {
            case .pull(let scope):
                let report = await pull(scope)
                schedule.finished(scope, report, at: clock.now)
                if !Task.isCancelled { observe(.pulled(scope, report)) }
            case .sleep(let moment):
                try? await clock.sleep(until: moment)  // cancelled: the loop ends
            }
        }
    }

    private func pushForever(_ wake: WakeSignal, _ observe: (SyncEvent) -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            var next: Timestamp?
            do {
                if let report = try await push(.due, wake: wake) {
                    failures = report.halt == nil ? 0 : failures + 1
                    let earliest = try store.nextAttempt().map { max($0, clock.now + SyncEngine.shortestPause) }
                    next =
                        report.halt.map { clock.now + limits.backoff.delay(after: failures, asked: $0.asked) }
                        ?? (report.hasMadeRoom ? clock.now + SyncEngine.lockRetry : earliest)
                    if report.delivered > 0 || report.halt != nil, !Task.isCancelled { observe(.pushed(report)) }
                } else {
                    next = clock.now + SyncEngine.lockRetry
                }
            } catch {
                failures += 1
                next = clock.now + limits.backoff.delay(after: failures)
                observe(.storeFailed(error))
            }
            await waitForWork(wake, until: next)
        }
    }

    /// Returns when it rings, or at that moment.
    private func waitForWork(_ wake: WakeSignal, until moment: Timestamp?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await wake.wait() }
            if let moment {
                group.addTask { [clock] in try? await clock.sleep(until: moment) }  // cancelled: as good as woken
            }
            await group.next()
            group.cancelAll()
        }
    }
}
