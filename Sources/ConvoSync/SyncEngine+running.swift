import ConvoModel
package import ConvoStore

/// How often a running engine pulls.
package struct SyncIntervals: Sendable, Hashable {
    /// The time between two reads of the first page of the list.
    ///
    /// The engine also checks the outbox that often.
    package var poll: Duration
    /// The time between two sweeps of all pages.
    package var sweep: Duration

    /// Creates intervals: 30 seconds and 15 minutes, or the given ones.
    package init(poll: Duration = .seconds(30), sweep: Duration = .seconds(900)) {
        self.poll = poll
        self.sweep = sweep
    }
}

/// An event that a running engine reports to its observer.
package enum SyncEvent: Sendable {
    /// A pull has ended, completely or early.
    case pulled(PullMachine.Scope, PullReport)
    /// A push has ended that delivered something or ended early.
    case pushed(PushReport)
    /// Files were fetched, or could not be.
    case fetched(FileReport)
    /// A push could not use the store.
    ///
    /// The engine tries again after a wait.
    case storeFailed(StoreError)
}

extension SyncEngine {
    /// The wait before another attempt to push, where another process has or wants the engine's lock.
    private static let lockRetry = Duration.milliseconds(250)
    /// The shortest wait between two pushes, so that the loop never spins.
    private static let shortestPause = Duration.milliseconds(100)

    /// Pulls and pushes until the task is cancelled.
    ///
    /// Cancelling ends requests in flight. A write among them is in doubt, and the next process that pushes looks for
    /// it on the server.
    ///
    /// The engine ends by itself, and sends nothing more, if the database belongs to another server or account than the
    /// settings name.
    ///
    /// - Parameters:
    ///   - intervals: how often the engine pulls.
    ///   - wake: notified when something was queued. The engine sends it at once, whatever else it is doing.
    ///   - progress: watches the engine for signs of progress; `nil`: nobody does.
    ///   - observe: called after each pull, after each push that delivered something or ended early, and when the store
    ///     fails. Pull and push may call it at the same time.
    /// - Returns: why the engine ended by itself; `nil` if the task was cancelled.
    @discardableResult
    package func run(
        _ intervals: SyncIntervals, wake: AsyncEvent, progress: ProgressMonitor? = nil,
        observe: @escaping @Sendable (SyncEvent) -> Void
    ) async -> SyncFailure? {
        @Sendable func watched<Value: Sendable>(_ name: String, _ loop: () async -> Value) async -> Value {
            guard let progress else { return await loop() }
            return await progress.watching(name, loop)
        }
        async let _ = watched("the index") { await rebuildIndex(pausing: intervals.sweep, observe) }
        let pulled = AsyncEvent()
        async let _ = watched("fetching files") { await fetchForever(pulled, pausing: intervals.poll, observe) }
        return await withTaskGroup(of: SyncFailure?.self) { group in
            group.addTask { await watched("pulling") { await pullForever(intervals, pulled, observe) } }
            group.addTask { await watched("pushing") { await pushForever(intervals, wake, observe) } }
            let first = await group.next() ?? nil
            group.cancelAll()
            let second = await group.next() ?? nil
            return first ?? second
        }
    }

    /// Makes the full-text index anew if it has older rules, while pull and push go on.
    ///
    /// Where the store fails, it goes on after a pause.
    private func rebuildIndex(pausing pause: Duration, _ observe: (SyncEvent) -> Void) async {
        while !Task.isCancelled {
            do throws(StoreError) {
                return try await rebuildIndex()
            } catch {
                observe(.storeFailed(error))
                await rest(until: clock.now + pause)
            }
        }
    }

    /// Fetches the files that entries refer to, after each pull, and when one that failed is due again.
    private func fetchForever(_ pulled: AsyncEvent, pausing pause: Duration, _ observe: (SyncEvent) -> Void) async {
        var seen = pulled.generation
        while !Task.isCancelled {
            var next: Timestamp?
            do throws(SyncFailure) {
                if let report = try await fetchFiles(), report != FileReport() { observe(.fetched(report)) }
                do throws(StoreError) { next = try store.nextFileAttempt(now: clock.now) } catch {
                    throw SyncFailure(error)
                }
            } catch {
                // Pull and push report what is wrong with the server.
                if case .store(let error) = error { observe(.storeFailed(error)) }
            }
            guard files.isWanted else { return }
            guard let next else {
                ProgressMonitor.note(.resting(nil))
                seen = await pulled.wait(after: seen)
                ProgressMonitor.note(.working)
                continue
            }
            // What is due and was not fetched waits for the next pull, which finds out whether the server is there.
            _ = await waitForWork(pulled, after: &seen, until: max(next, clock.now + pause))
        }
    }

    private func pullForever(
        _ intervals: SyncIntervals, _ pulled: AsyncEvent, _ observe: (SyncEvent) -> Void
    ) async -> SyncFailure? {
        var schedule = PullSchedule(
            pollInterval: intervals.poll, sweepInterval: intervals.sweep, backoff: limits.backoff)
        while !Task.isCancelled {
            if let moment = breaker.holdsUntil {
                await rest(until: moment)
                continue
            }
            switch schedule.next(at: clock.now) {
            case .pull(let scope):
                let report = await pullDue(scope)
                // An open circuit breaker decides when the next attempt is made, unless the server has asked for a long
                // wait.
                if report.halt == nil || report.asked != nil || breaker.holdsUntil == nil {
                    schedule.finished(scope, report, at: clock.now)
                }
                if !Task.isCancelled { observe(.pulled(scope, report)) }
                pulled.notify()
                if let halt = report.halt, halt.isOtherOwner { return halt }
            case .sleep(let moment): await rest(until: moment)
            }
        }
        return nil
    }

    /// Pushes whenever something is due, until the task is cancelled.
    ///
    /// A process that queues a write wakes this one. A process that was stopped while it sent a write wakes nobody, so
    /// the engine also looks at the outbox as often as at the list.
    ///
    /// The engine takes `seen` before each look at the outbox, and waits for a later generation: it finds a write that
    /// is queued between any two steps at once.
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

    /// When the next write is due, but not before ``shortestPause`` has passed; `nil` if none waits.
    private func nextDue() throws(StoreError) -> Timestamp? {
        let soon = soon
        return try store.nextAttempt().map { Backoff.isOver($0, at: soon) ? soon : $0 }
    }

    private var soon: Timestamp { clock.now + SyncEngine.shortestPause }

    /// Waits until a moment, or until the task is cancelled: the caller's loop ends then.
    private func rest(until moment: Timestamp) async {
        ProgressMonitor.rest(until: moment, at: clock.now)
        defer { ProgressMonitor.note(.working) }
        try? await clock.sleep(until: moment)
    }

    /// Waits for a notification, at most until a moment.
    ///
    /// - Parameters:
    ///   - wake: the event to wait for.
    ///   - seen: the latest generation that the caller has seen; on return, the one that ended the wait.
    ///   - moment: when the wait ends without a notification.
    /// - Returns: `true` if there was a notification, `false` if the moment has come or the task was cancelled.
    private func waitForWork(
        _ wake: AsyncEvent, after seen: inout AsyncEvent.Generation, until moment: Timestamp
    ) async -> Bool {
        let known = seen
        ProgressMonitor.rest(until: moment, at: clock.now)
        defer { ProgressMonitor.note(.working) }
        seen = await withTaskGroup(of: AsyncEvent.Generation.self) { group in
            group.addTask { await wake.wait(after: known) }
            group.addTask { [clock] in
                try? await clock.sleep(until: moment)  // if cancelled, the caller's loop ends
                return known
            }
            defer { group.cancelAll() }
            return await group.next() ?? known
        }
        return seen > known
    }
}
