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
    /// It ends by itself, and nothing more leaves, where the database belongs to another server or account than the settings name.
    ///
    /// - Parameters:
    ///   - wake: notified when something was queued: it is sent at once, whatever the engine is doing.
    ///   - observe: called after each pull and each push that did something.
    /// - Returns: why it ended by itself; `nil` where the task was cancelled.
    @discardableResult
    public func run(
        _ intervals: SyncIntervals, wake: AsyncEvent, observe: @escaping @Sendable (SyncEvent) -> Void
    ) async -> SyncFailure? {
        await withTaskGroup(of: SyncFailure?.self) { group in
            group.addTask { await pullForever(intervals, observe) }
            group.addTask { await pushForever(intervals, wake, observe) }
            let first = await group.next() ?? nil
            group.cancelAll()
            let second = await group.next() ?? nil
            return first ?? second
        }
    }

    private func pullForever(_ intervals: SyncIntervals, _ observe: (SyncEvent) -> Void) async -> SyncFailure? {
        var schedule = PullSchedule(
            pollInterval: intervals.poll, sweepInterval: intervals.sweep, backoff: limits.backoff)
        while !Task.isCancelled {
            if let moment = breaker.holdsUntil {
                try? await clock.sleep(until: moment)  // cancelled: the loop ends
                continue
            }
            switch schedule.next(at: clock.now) {
            case .pull(let scope):
                let report = await pullDue(scope)
                // An open circuit breaker says itself when to try again, unless the server has asked for a long wait.
                if report.halt == nil || report.asked != nil || breaker.holdsUntil == nil {
                    schedule.finished(scope, report, at: clock.now)
                }
                if !Task.isCancelled { observe(.pulled(scope, report)) }
                if let halt = report.halt, halt.isOtherOwner { return halt }
            case .sleep(let moment):
                try? await clock.sleep(until: moment)  // cancelled: the loop ends
            }
        }
        return nil
    }

    /// A process that queues a write wakes this one. A process that was stopped while it sent a write wakes nobody, so the
    /// engine also looks at the outbox as often as at the list.
    ///
    /// The engine takes `seen` before each look at the outbox, and waits for a later generation: it finds a write that is
    /// queued between any two steps at once.
    private func pushForever(
        _ intervals: SyncIntervals, _ wake: AsyncEvent, _ observe: (SyncEvent) -> Void
    ) async -> SyncFailure? {
        var failures = 0
        var slowUntil: Timestamp?
        var seen = wake.generation
        while !Task.isCancelled {
            if let moment = breaker.holdsUntil {
                if await waitForWork(wake, after: &seen, until: moment) { breaker.woken() }
                continue
            }
            var next: Timestamp?
            do throws(StoreError) {
                if let report = try await pushDue(.due, slowUntil: slowUntil, wake: wake, seen: &seen) {
                    failures = report.halt == nil ? 0 : failures + 1
                    slowUntil = report.slowUntil
                    if let halt = report.halt {
                        if halt.isOtherOwner {
                            observe(.pushed(report))
                            return halt
                        }
                        next =
                            breaker.holdsUntil != nil
                            ? soon : clock.now + limits.backoff.delay(after: failures, asked: halt.asked)
                    } else {
                        next = try report.hasMadeRoom ? clock.now + SyncEngine.lockRetry : nextDue()
                    }
                    if let slowUntil, !Backoff.isOver(slowUntil, at: clock.now) {
                        next = max(next ?? slowUntil, slowUntil)
                    }
                    if report.delivered > 0 || report.halt != nil, !Task.isCancelled { observe(.pushed(report)) }
                } else {
                    next = clock.now + SyncEngine.lockRetry
                }
            } catch {
                failures += 1
                next = clock.now + limits.backoff.delay(after: failures)
                observe(.storeFailed(error))
            }
            let look = clock.now + intervals.poll
            _ = await waitForWork(wake, after: &seen, until: min(next ?? look, look))
        }
        return nil
    }

    /// When the next write comes due; never at once.
    private func nextDue() throws(StoreError) -> Timestamp? {
        let soon = soon
        return try store.nextAttempt().map { Backoff.isOver($0, at: soon) ? soon : $0 }
    }

    private var soon: Timestamp { clock.now + SyncEngine.shortestPause }

    /// - Parameter seen: moves on to what ended the wait.
    /// - Returns: `true` when there was a notification, `false` at that moment.
    private func waitForWork(
        _ wake: AsyncEvent, after seen: inout AsyncEvent.Generation, until moment: Timestamp
    ) async -> Bool {
        let known = seen
        seen = await withTaskGroup(of: AsyncEvent.Generation.self) { group in
            group.addTask { await wake.wait(after: known) }
            group.addTask { [clock] in
                try? await clock.sleep(until: moment)  // cancelled: as good as woken
                return known
            }
            defer { group.cancelAll() }
            return await group.next() ?? known
        }
        return seen > known
    }
}
