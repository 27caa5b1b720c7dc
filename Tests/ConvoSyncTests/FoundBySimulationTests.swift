import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// Bugs that the simulation found, each in the smallest form that shows it.
@Suite struct `What the simulation found` {
    @Test func `a due write that waits for one in flight is waited for, not asked about again and again`() throws {
        var limits = SyncLimits()
        limits.writers = 1
        var pass = try Pass(.due, [item(), item(.start, state: .inDoubt)], limits: limits)
        #expect(pass.next() != nil, "the first starts")
        #expect(pass.isWaiting, "the second waits")
        #expect(pass.waitsUntil.map { $0 > noon } ?? true)
    }

    @Test func `what is in doubt is not queued again by a decision that did not know of it`() throws {
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
        _ = try store.markSending(id, base: nil)
        try store.recoverInterrupted()
        try store.markQueued(id, from: .queued, reason: nil, nextAttempt: nil)
        try store.markStopped(id, from: .queued, as: .refused, reason: .init(code: "http_404", message: "no"))
        #expect(try store.operation(matching: id.rawValue).state == .inDoubt)
    }

    @Test func `cancelling a held write releases nothing that another one holds`() throws {
        let store = try temporaryStore()
        let start = try store.start(StartRequest("hello"))
        try store.markStopped(
            start.operation, from: .queued, as: .refused, reason: .init(code: "http_404", message: "no"))
        let appends = try (0..<2).map { _ in
            try store.append(AppendRequest(inputs: .text("more")), to: start.conversation).operation
        }
        _ = try store.cancel(appends[0])
        #expect(try store.operation(matching: appends[1].rawValue).state == .held)
    }

    @Test func `what was loaded of a conversation while it was busy is not worked on`() throws {
        let write = try item()
        var pass = try Pass(.due, [write])
        let prepare = try pass.begin()
        pass.machine.woken()
        #expect(pass.next() == .load(limit: 200), "it loads again")
        pass.finish(.load(limit: 200), .loaded([write]))
        pass.finish(prepare, .prepared(nil))
        pass.finish(try pass.begin(), .failed(.api(.lost)))
        pass.finish(try pass.begin(), .settled)
        #expect(pass.next() == .load(limit: 200))
        #expect(pass.next() == nil)
    }

    @Test func `a list that failed is not asked for again before its time`() throws {
        var pull = Pull(.firstPage)
        #expect(pull.begin() == [.verify])
        pull.finish(.verify, .verified)
        let list = PullMachine.Step.list(page: 0, size: 100)
        #expect(pull.begin().first == list)
        pull.finish(list, .failed(.api(.status(429, retryAfter: .seconds(30)))))
        #expect(!pull.begin().contains(list))
    }

    @Test func `a run that the server fails on each time is left to the person in the end`() throws {
        let limits = SyncLimits()
        let store = try temporaryStore()
        let id = try store.start(StartRequest("hello")).operation
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
        #expect(delay(after: -7200) == 60, "the clock was set back")
    }
}
