import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// Bugs that the simulation found, each in the smallest form that shows it.
@Suite struct `What the simulation found` {
    @Test func `a due write that waits for one in flight is waited for, not asked about again and again`() throws {
        var machine = PushMachine(.due)
        guard case .step(let load) = machine.next(at: noon) else {
            Issue.record("nothing to load")
            return
        }
        var limits = SyncLimits()
        limits.writers = 1
        machine = PushMachine(.due, limits: limits)
        _ = machine.next(at: noon)
        let first = try item()
        let second = try item(.start, state: .inDoubt)
        machine.finished(load, .loaded([first, second]), at: noon)
        machine.verify()
        guard case .step = machine.next(at: noon) else {
            Issue.record("the first does not start")
            return
        }
        guard case .wait(let until) = machine.next(at: noon) else {
            Issue.record("the second does not wait")
            return
        }
        #expect(until.map { $0 > noon } ?? true)
    }

    @Test func `what is in doubt is not queued again by a decision that did not know of it`() throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        _ = try store.markSending(id, base: nil)
        try store.recoverInterrupted()
        try store.markQueued(id, from: .queued, reason: nil, nextAttempt: nil)
        try store.markStopped(id, from: .queued, as: .refused, reason: .init(code: "http_404", message: "no"))
        #expect(try store.operation(matching: id.rawValue).state == .inDoubt)
    }

    @Test func `cancelling a held write releases nothing that another one holds`() throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let start = try store.start(request)
        try store.markStopped(
            start.operation, from: .queued, as: .refused, reason: .init(code: "http_404", message: "no"))
        let appends = try (0..<2).map { _ in
            try store.append(AppendRequest(inputs: .text("more")), to: start.conversation).operation
        }
        _ = try store.cancel(appends[0])
        #expect(try store.operation(matching: appends[1].rawValue).state == .held)
    }

    @Test func `what was loaded of a conversation while it was busy is not worked on`() throws {
        var machine = PushMachine(.due)
        let write = try item()
        guard case .step(let load) = machine.next(at: noon) else {
            Issue.record("nothing to load")
            return
        }
        machine.finished(load, .loaded([write]), at: noon)
        machine.verify()
        guard case .step(let prepare) = machine.next(at: noon) else {
            Issue.record("it does not start")
            return
        }
        machine.woken()
        guard case .step(let again) = machine.next(at: noon) else {
            Issue.record("it does not load again")
            return
        }
        machine.finished(again, .loaded([write]), at: noon)
        machine.finished(prepare, .prepared(nil), at: noon)
        guard case .step(let send) = machine.next(at: noon) else {
            Issue.record("it does not send")
            return
        }
        machine.finished(send, .failed(.api(.lost)), at: noon)
        guard case .step(let settle) = machine.next(at: noon) else {
            Issue.record("it does not settle")
            return
        }
        machine.finished(settle, .settled, at: noon)
        var steps: [PushMachine.Step] = []
        while case .step(let step) = machine.next(at: noon), steps.count < 5 { steps.append(step) }
        #expect(steps == [.load(limit: 200)])
    }

    @Test func `a list that failed is not asked for again before its time`() throws {
        var machine = PullMachine(.firstPage)
        machine.verify()
        guard case .step(let list) = machine.next(at: noon), case .list = list else {
            Issue.record("a pull does not begin with the list")
            return
        }
        machine.finished(list, .failed(.api(.status(429, retryAfter: .seconds(30)))), at: noon)
        var steps: [PullMachine.Step] = []
        while case .step(let step) = machine.next(at: noon), steps.count < 10 { steps.append(step) }
        #expect(!steps.contains(list))
    }

    @Test func `a run that the server fails on each time is left to the person in the end`() throws {
        let limits = SyncLimits()
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        for _ in 0..<limits.attempts {
            _ = try store.markSending(id, base: nil)
            try store.markInDoubt(id, reason: .init(code: "http_503", message: "no"), nextAttempt: noon)
            let transition = OperationTransition(
                .absent, of: try store.operation(matching: id.rawValue), readSince: uptimeAtNoon + limits.surfacing,
                at: noon + limits.surfacing, limits: limits)
            guard case .queued(let reason, let until) = transition else {
                #expect(transition == .held(.init(code: "http_503", message: "no")))
                return
            }
            try store.markQueued(id, from: .inDoubt, reason: reason, nextAttempt: until)
        }
        Issue.record("it is sent for ever")
    }

    @Test func `what is in doubt and cannot be read is asked about ever more rarely`() throws {
        let item = try item(state: .inDoubt)
        func delay(after seconds: Int) -> Int64 {
            let now = noon + .seconds(seconds)
            guard
                case .inDoubt(_, let until) = OperationTransition(
                    .api(.status(500)), during: .confirm(item), of: item, at: now, limits: SyncLimits())
            else { return 0 }
            return (until.microseconds - now.microseconds) / 1_000_000
        }
        #expect([0, 10, 30, 3600].map(delay) == [1, 10, 30, 60])
    }
}

extension PullMachine {
    fileprivate mutating func verify() {
        if case .step(.verify) = next(at: noon) { finished(.verify, .verified, at: noon) }
    }
}

extension PushMachine {
    fileprivate mutating func verify() {
        if case .step(.verify) = next(at: noon) { finished(.verify, .verified, at: noon) }
    }
}
