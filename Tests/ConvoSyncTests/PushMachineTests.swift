import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A write in doubt` {
    @Test func `is judged by when the read began, however long its answer took`() throws {
        let item = try item(state: .inDoubt)  // since noon
        var machine = PushMachine(.due)
        guard case .step(let load) = machine.next(at: noon + .seconds(659)) else {
            Issue.record("no load")
            return
        }
        machine.finished(load, .loaded([item]), at: noon + .seconds(659))
        guard case .step(.verify) = machine.next(at: noon + .seconds(659)) else {
            Issue.record("the account is not verified first")
            return
        }
        machine.finished(.verify, .verified, at: noon + .seconds(659))
        guard case .step(.confirm(let asked)) = machine.next(at: noon + .seconds(659)) else {
            Issue.record("no confirmation")
            return
        }
        machine.finished(
            .confirm(asked), .confirmed(.absent, readSince: uptimeAtNoon + .seconds(659)), at: noon + .seconds(690))
        guard case .step(.settle(_, .inDoubt)) = machine.next(at: noon + .seconds(690)) else {
            Issue.record("taken for absent by a read from before the last moment")
            return
        }
    }
}
