import ConvoAPI
import ConvoModel
import ConvoStore
import Synchronization

@testable import ConvoSync

/// The engine with a mistake in it: the loops of the real one, the real rules and the real shells, but for a step that
/// is done otherwise.
struct MutantEngine: Sendable {
    let engine: SyncEngine
    let mutation: Mutation

    var store: Store { engine.store }
    var api: any ConversationsAPI { engine.api }
    var now: Timestamp { engine.clock.now }

    var pushShell: PushShell {
        PushShell(api: api, store: store, clock: engine.clock, limits: limits)
    }
    var pullShell: PullShell { PullShell(api: api, store: store, clock: engine.clock) }

    private var limits: SyncLimits {
        var limits = engine.limits
        mutation.limits(&limits)
        return limits
    }

    func run(_ intervals: SyncIntervals, wake: WakeSignal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pullForever(intervals) }
            group.addTask { await pushForever(wake) }
        }
    }

    private func pullForever(_ intervals: SyncIntervals) async {
        var schedule = PullSchedule(
            pollInterval: intervals.poll, sweepInterval: intervals.sweep, backoff: limits.backoff)
        while !Task.isCancelled {
            switch schedule.next(at: now) {
            case .pull(let scope):
                var machine = PullMachine(scope, limits: limits)
                await Runner<PullMachine>(clock: engine.clock) { step in
                    if let outcome = await mutation.pull(step, self) { return outcome }
                    return await pullShell.perform(step)
                }.run(&machine)
                schedule.finished(scope, machine.report, at: now)
            case .sleep(let moment):
                try? await engine.clock.sleep(until: moment)  // cancelled: the loop ends
            }
        }
    }

    private func pushForever(_ wake: WakeSignal) async {
        var failures = 0
        while !Task.isCancelled {
            do { try mutation.recover(store) } catch { return }  // it dies with its disk
            var machine = PushMachine(.due, limits: limits)
            await Runner<PushMachine>(clock: engine.clock) { step in
                if let outcome = await mutation.push(step, self) { return outcome }
                return await pushShell.perform(step)
            }.run(&machine, wake: wake)
            failures = machine.report.halt == nil ? 0 : failures + 1
            let soon = now + .milliseconds(100)
            let next =
                machine.report.halt.map { now + limits.backoff.delay(after: failures, asked: $0.asked) }
                ?? (try? store.nextAttempt()).map { max($0, soon) } ?? now + .seconds(60)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await wake.wait() }
                group.addTask { try? await engine.clock.sleep(until: next) }  // cancelled: as good as woken
                await group.next()
                group.cancelAll()
            }
        }
    }
}
