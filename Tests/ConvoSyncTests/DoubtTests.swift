import ConvoAPI
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `A write in doubt` {
    @Test func `is judged by when the read began, however long its answer took`() throws {
        let item = try item(state: .inDoubt)  // in doubt since noon
        var pass = try Pass(.due, at: noon + .seconds(839), [item])
        #expect(pass.next() == .confirm(item))
        pass.finish(.confirm(item), .confirmed(.absent, readSince: uptimeAtNoon + .seconds(839)), after: .seconds(31))
        guard case .settle(_, .inDoubt) = pass.next() else {
            throw Unexpected("taken for absent by a read from before the last moment")
        }
    }

    @Test func `is looked at before its time by a person's push, not by the daemon's`() throws {
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        _ = try store.markSending(id, base: nil)
        try store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon + .seconds(10))
        let item = try store.operation(matching: id.rawValue)
        var once = try Pass(.once, [item])
        #expect(once.next() == .confirm(item))
        var due = try Pass(.due, [item], verifies: false)
        guard case .done = due.turn() else { throw Unexpected("it is not left alone") }
        due.wait(.seconds(10))
        due.machine.woken()
        #expect(due.next() == .load(limit: 200))
        due.finish(.load(limit: 200), .loaded([item]))
        #expect(due.next() == .verify)
        due.finish(.verify, .verified)
        #expect(due.next() == .confirm(item))
    }

    @Test func `that is found is delivered, and counts`() throws {
        let item = try item(state: .inDoubt)
        var pass = try Pass(.due, [item])
        #expect(pass.next() == .confirm(item))
        pass.finish(.confirm(item), .confirmed(.present(nil), readSince: uptimeAtNoon))
        #expect(pass.machine.report.delivered == 1)
        #expect(pass.next() == .settle(item, .delivered(nil)))
        pass.finish(.settle(item, .delivered(nil)), .settled)
        #expect(pass.next() == .refresh(item))
        pass.finish(.refresh(item), .refreshed(end: nil))
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded([]))
        #expect(pass.isDone)
        #expect(pass.machine.report.delivered == 1)
    }

    @Test func `that has not arrived is sent in the same push`() throws {
        let item = try item(state: .inDoubt)
        var pass = try Pass(.once, [item])
        #expect(pass.next() == .confirm(item))
        let since = uptimeAtNoon + SyncLimits().surfacing
        pass.finish(.confirm(item), .confirmed(.absent, readSince: since), after: SyncLimits().surfacing)
        #expect(pass.machine.report.delivered == 0)
        let settle = PushMachine.Step.settle(item, .queued(.notArrived, until: nil))
        #expect(pass.next() == settle)
        pass.finish(settle, .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded([item]))
        #expect(pass.next() == .confirm(item))
    }
}
