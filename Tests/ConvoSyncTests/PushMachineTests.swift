import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A write in doubt` {
    @Test func `is judged by when the read began, however long its answer took`() throws {
        let item = try item(state: .inDoubt)  // since noon
        var pass = try Pass(.due, at: noon + .seconds(659), [item])
        #expect(pass.next() == .confirm(item))
        pass.finish(.confirm(item), .confirmed(.absent, readSince: uptimeAtNoon + .seconds(659)), after: .seconds(31))
        guard case .settle(_, .inDoubt) = pass.next() else {
            Issue.record("taken for absent by a read from before the last moment")
            return
        }
    }

    @Test func `is looked at before its time by a person's push, not by the daemon's`() throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        _ = try store.markSending(id, base: nil)
        try store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon + .seconds(10))
        let item = try store.operation(matching: id.rawValue)
        var once = try Pass(.once, [item])
        #expect(once.next() == .confirm(item))
        var due = try Pass(.due, [item], verifies: false)
        guard case .done = due.turn() else {
            Issue.record("it is not left alone")
            return
        }
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
        pass.finish(.refresh(item), .refreshed)
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

/// A push that is taken step by step.
private struct Pass {
    var machine: PushMachine
    private(set) var now: Timestamp

    init(
        _ mode: PushMachine.Mode, at now: Timestamp = noon, _ items: [OutboxItem], limits: SyncLimits = SyncLimits(),
        slowUntil: Timestamp? = nil, verifies: Bool = true
    ) throws {
        machine = PushMachine(mode, limits: limits, slowUntil: slowUntil)
        self.now = now
        try #require(next() == .load(limit: 200))
        finish(.load(limit: 200), .loaded(items))
        guard verifies else { return }
        try #require(next() == .verify)
        finish(.verify, .verified)
    }

    mutating func turn() -> Turn<PushMachine.Step> { machine.next(at: now) }

    /// The next step; `nil` where it waits or is done.
    mutating func next() -> PushMachine.Step? {
        if case .step(let step) = turn() { step } else { nil }
    }

    var isDone: Bool {
        var copy = self
        if case .done = copy.turn() { return true } else { return false }
    }

    /// Until when it waits; `nil` where it does not, or for a step in flight.
    var waitsUntil: Timestamp? {
        var copy = self
        if case .wait(let moment) = copy.turn() { return moment } else { return nil }
    }

    var isWaiting: Bool {
        var copy = self
        if case .wait = copy.turn() { return true } else { return false }
    }

    mutating func finish(_ step: PushMachine.Step, _ outcome: PushMachine.Outcome, after span: Duration = .zero) {
        now = now + span
        machine.finished(step, outcome, at: now)
    }

    mutating func wait(_ span: Duration) { now = now + span }
}

@Suite struct `The order of a push` {
    private let limits = SyncLimits()

    /// Appends to as many conversations.
    private func appends(_ count: Int) throws -> [OutboxItem] {
        try (0..<count).map { try item(on: RemoteID("conv_\($0)")) }
    }

    @Test func `goes to half as many conversations at once each time the server asks for less, and up one by one`()
        throws
    {
        let items = try appends(8)
        let less = PushMachine.Outcome.failed(.api(.status(429, retryAfter: .seconds(1))))
        var pass = try Pass(.due, items)
        /// The reads that begin at once.
        func begun() -> [PushMachine.Step] {
            var reads: [PushMachine.Step] = []
            while let step = pass.next() {
                switch step {
                case .prepare: reads.append(step)
                case .load: pass.finish(step, .loaded(items))
                case .send: pass.finish(step, .sent)
                case .refresh: pass.finish(step, .refreshed)
                default: pass.finish(step, .settled)
                }
            }
            return reads
        }
        func end(_ reads: [PushMachine.Step], _ first: PushMachine.Outcome) -> Int {
            for (number, step) in reads.enumerated() { pass.finish(step, number == 0 ? first : .withdrawn) }
            pass.wait(.seconds(1))
            return reads.count
        }
        #expect(end(begun(), less) == 4)
        #expect(end(begun(), less) == 2)
        #expect(end(begun(), less) == 1)
        #expect(end(begun(), .prepared(nil)) == 1)
        // What was prepared is delivered before the next reads begin.
        #expect(begun().count == 2)
    }

    @Test func `waits for the longest time that the server asks for, whichever answer comes last`() throws {
        let items = try appends(3)
        var pass = try Pass(.due, items)
        for item in items { #expect(pass.next() == .prepare(item)) }
        for (item, seconds) in zip(items, [60, 200, 1]) {
            pass.finish(.prepare(item), .failed(.api(.status(429, retryAfter: .seconds(seconds)))))
        }
        #expect(pass.machine.report.slowUntil == noon + .seconds(200))
    }

    @Test func `waits longer the more often a write was tried, where the server asks for less and not for how long`()
        throws
    {
        for (tries, seconds) in [(0, 1), (1, 2), (2, 4)] {
            let item = try item(tries: tries)
            var pass = try Pass(.due, [item])
            #expect(pass.next() == .prepare(item))
            pass.finish(.prepare(item), .failed(.api(.status(429))))
            #expect(pass.machine.report.slowUntil == noon + .seconds(seconds))
        }
    }

    @Test func `is kept where two local conversations turn out to be one on the server`() throws {
        // Each in a store of its own, and so in a conversation of its own.
        let (first, second, other) = (try item(), try item(), try item(on: RemoteID("conv_2")))
        var pass = try Pass(.due, [first, second, other])
        #expect(pass.next() == .prepare(first))
        #expect(pass.next() == .prepare(other))
        #expect(pass.next() == nil)
        pass.machine.woken()
        #expect(pass.next() == .load(limit: 200))
        pass.machine.woken()
        #expect(pass.next() == nil, "it looks already")
        pass.finish(.load(limit: 200), .loaded([first, second]))
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded([first, second]))
        #expect(pass.next() == nil, "the one is under way, and so is what it has")
        pass.finish(.prepare(first), .withdrawn)
        #expect(pass.next() == .load(limit: 200))
        #expect(pass.next() == nil, "what was loaded before is forgotten")
        pass.finish(.load(limit: 200), .loaded([second]))
        #expect(pass.next() == .prepare(second))
    }

    @Test func `is load, verify, prepare, send, refresh, and load again`() throws {
        let item = try item()
        let base = OutboxItem.Base(entryID: EntryID("e"), count: 1)
        var pass = try Pass(.due, [item])
        #expect(pass.next() == .prepare(item))
        #expect(pass.isWaiting)
        pass.finish(.prepare(item), .prepared(base))
        #expect(pass.next() == .send(item, base))
        #expect(pass.machine.report.delivered == 0)
        pass.finish(.send(item, base), .sent)
        #expect(pass.machine.report.delivered == 1)
        #expect(pass.next() == .refresh(item))
        #expect(!pass.machine.hasChangesToRead)
        pass.finish(.refresh(item), .refreshed)
        #expect(pass.machine.hasChangesToRead)
        #expect(pass.next() == .load(limit: 200))
        #expect(!pass.machine.hasChangesToRead)
        #expect(pass.isWaiting)
        pass.finish(.load(limit: 200), .loaded([]))
        #expect(pass.isDone)
        #expect(pass.machine.report.halt == nil)
    }

    @Test func `sends nothing before the account is verified, and asks once`() throws {
        let items = try appends(2)
        var pass = try Pass(.due, items, verifies: false)
        #expect(pass.next() == .verify)
        #expect(pass.isWaiting && pass.waitsUntil == nil)
        pass.finish(.verify, .verified)
        #expect(pass.next() == .prepare(items[0]))
        #expect(pass.next() == .prepare(items[1]))
        #expect(pass.next() == nil)
    }

    @Test func `ends where the account is another one's, and each write says why`() throws {
        let items = try appends(6)
        var pass = try Pass(.due, items, verifies: false)
        #expect(pass.next() == .verify)
        let failure = SyncFailure.otherAccount(owner: nil, given: nil)
        pass.finish(.verify, .failed(failure))
        var settled: [PushMachine.Step] = []
        while let step = pass.next() {
            settled.append(step)
            pass.finish(step, .settled)
        }
        #expect(settled.count == limits.writers)
        #expect(
            Set(settled)
                == Set(items.prefix(limits.writers).map { .settle($0, .queued(failure.reason, until: nil)) }))
        #expect(pass.isDone)
        #expect(pass.machine.report.halt?.isOtherOwner == true)
    }

    @Test func `says nothing of a write where the store fails`() throws {
        var pass = try Pass(.due, try appends(2), verifies: false)
        #expect(pass.next() == .verify)
        pass.finish(.verify, .failed(.store(.busy(path: "x"))))
        #expect(pass.isDone)
        #expect(pass.machine.report.halt != nil)
    }

    @Test func `has several conversations in work, as many as are allowed`() throws {
        let items = try appends(6)
        var pass = try Pass(.due, items)
        for item in items.prefix(limits.writers) { #expect(pass.next() == .prepare(item)) }
        #expect(pass.next() == nil)
        pass.finish(.prepare(items[0]), .failed(.store(.busy(path: "x"))))
        #expect(pass.machine.report.halt != nil)
        #expect(pass.isWaiting && pass.waitsUntil == nil)
        for item in items[1..<limits.writers] { pass.finish(.prepare(item), .withdrawn) }
        #expect(pass.isDone)
    }

    @Test func `asks less of a server that is asked too much, and more again by and by`() throws {
        let items = try appends(8)
        var pass = try Pass(.due, items)
        for item in items.prefix(4) { #expect(pass.next() == .prepare(item)) }
        pass.finish(.prepare(items[0]), .failed(.api(.status(429, retryAfter: .seconds(7)))))
        #expect(pass.machine.report.slowUntil == noon + .seconds(7))
        #expect(pass.machine.report.throttle?.asked == .seconds(7))
        guard case .settle(let item, .queued(_, let until)) = pass.next() else {
            Issue.record("not put off")
            return
        }
        #expect(item == items[0] && until == noon + .seconds(7))
        pass.finish(.settle(items[0], .queued(nil, until: until)), .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded(Array(items[1...])))
        #expect(pass.next() == nil, "three are in work, and two are allowed")
        #expect(pass.waitsUntil == noon + .seconds(7))
        for item in items[1...3] {
            pass.finish(.prepare(item), .prepared(nil))
            #expect(pass.next() == .send(item, nil))
            pass.finish(.send(item, nil), .sent)
            #expect(pass.next() == .refresh(item))
            pass.finish(.refresh(item), .refreshed)
            #expect(pass.next() == .load(limit: 200))
            pass.finish(.load(limit: 200), .loaded(Array(items[4...])))
        }
        #expect(pass.isDone)
        pass.wait(.seconds(7))
        var begun = 0
        while pass.next() != nil { begun += 1 }
        #expect(begun == 4)
    }

    @Test func `never asks for less than one at a time`() throws {
        var one = SyncLimits()
        one.writers = 1
        let items = try appends(2)
        var pass = try Pass(.due, items, limits: one)
        #expect(pass.next() == .prepare(items[0]))
        pass.finish(.prepare(items[0]), .failed(.api(.status(429))))
        guard let settle = pass.next() else {
            Issue.record("not put off")
            return
        }
        pass.finish(settle, .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded(Array(items[1...])))
        pass.wait(.seconds(60))
        #expect(pass.next() == .prepare(items[1]))
        #expect(pass.next() == nil)
    }

    @Test func `sends nothing before the moment that an earlier push was told`() throws {
        let items = try appends(1)
        var pass = try Pass(.due, items, slowUntil: noon + .seconds(5), verifies: false)
        #expect(pass.isDone)
        #expect(pass.machine.report.slowUntil == noon + .seconds(5))
        #expect(pass.machine.report.throttle == nil)
        pass.wait(.seconds(5))
        #expect(pass.next() == .verify)
    }

    @Test func `waits for what comes due while another one is in work`() throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let ids = try (0..<3).map { _ in try store.start(request).operation }
        for (id, seconds) in zip(ids, [0, 30, 20]) {
            try store.markQueued(id, from: .queued, reason: nil, nextAttempt: noon + .seconds(seconds))
        }
        let items = try ids.map { try store.operation(matching: $0.rawValue) }
        var pass = try Pass(.due, items)
        #expect(pass.next() == .send(items[0], nil))
        #expect(pass.waitsUntil == noon + .seconds(20))
        pass.wait(.seconds(20))
        #expect(pass.next() == .send(items[2], nil))
        #expect(pass.waitsUntil == noon + .seconds(30))
    }

    @Test func `tries each write once where a person asks, whatever its back-off`() throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        try store.markQueued(id, from: .queued, reason: nil, nextAttempt: noon + .seconds(30))
        let item = try store.operation(matching: id.rawValue)
        var pass = try Pass(.once, [item])
        #expect(pass.next() == .send(item, nil))
        pass.finish(.send(item, nil), .failed(.api(.status(503))))
        guard let settle = pass.next(), case .settle(_, .queued) = settle else {
            Issue.record("not put off")
            return
        }
        pass.finish(settle, .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded([item]))
        #expect(pass.isDone)
    }

    @Test func `makes room where it is asked to, and is done then`() throws {
        var machine = PushMachine(.due)
        _ = machine.next(at: noon)
        machine.finished(.load(limit: 200), .madeRoom, at: noon)
        #expect(machine.report.hasMadeRoom)
        guard case .done = machine.next(at: noon) else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func `leaves what it has not looked at to the next one where the store fails`() throws {
        var machine = PushMachine(.due)
        _ = machine.next(at: noon)
        machine.finished(.load(limit: 200), .failed(.store(.busy(path: "x"))), at: noon)
        #expect(machine.report.halt != nil && machine.hasChangesToRead)
        guard case .done = machine.next(at: noon) else {
            Issue.record("it goes on")
            return
        }
    }

    @Test func `asks what was not found of an append, and of nothing else`() throws {
        let append = try item()
        var pass = try Pass(.due, [append])
        #expect(pass.next() == .prepare(append))
        pass.finish(.prepare(append), .prepared(nil))
        #expect(pass.next() == .send(append, nil))
        let failure = SyncFailure.api(.status(404))
        pass.finish(.send(append, nil), .failed(failure))
        let find = PushMachine.Step.find(append, failure.reason)
        #expect(pass.next() == find)
        var (gone, unknown) = (pass, pass)
        pass.finish(find, .found(true))
        #expect(pass.next() == .settle(append, Verdict(notFound: failure.reason, isThere: true)))
        gone.finish(find, .found(false))
        let refused = PushMachine.Step.settle(append, .refused(.conversationDeleted))
        #expect(gone.next() == refused)
        gone.finish(refused, .settled)
        #expect(gone.next() == .refresh(append))
        unknown.finish(find, .failed(.api(.unreachable)))
        #expect(unknown.machine.report.halt != nil)
        #expect(unknown.next() == .settle(append, .queued(SyncFailure.api(.unreachable).reason, until: nil)))
        let start = try item(.start)
        var other = try Pass(.due, [start])
        #expect(other.next() == .send(start, nil))
        other.finish(.send(start, nil), .failed(failure))
        #expect(other.next() == .settle(start, .refused(failure.reason)))
    }

    @Test func `follows the policy where another writer was faster`() throws {
        let append = try item()
        let base = OutboxItem.Base(entryID: EntryID("e"), count: 1)
        let expected: [(ConflictPolicy, PushMachine.Step)] = [
            (.append, .send(append, base)), (.hold, .settle(append, .held(.overtaken))),
            (.branch, .settle(append, .branched)),
        ]
        for (policy, step) in expected {
            var pass = try Pass(.once, [append])
            #expect(pass.next() == .prepare(append))
            pass.finish(.prepare(append), .overtaken(base, policy))
            #expect(pass.next() == step)
            guard policy == .branch else { continue }
            pass.finish(step, .settled)
            #expect(pass.next() == .load(limit: 200))
            pass.finish(.load(limit: 200), .loaded([append]))
            #expect(pass.next() == .prepare(append), "it is another write now")
        }
    }

    @Test func `stops where the store fails to take down what was concluded`() throws {
        let start = try item(.start)
        var pass = try Pass(.due, [start])
        #expect(pass.next() == .send(start, nil))
        pass.finish(.send(start, nil), .failed(.store(.busy(path: "x"))))
        #expect(pass.machine.report.halt != nil)
        #expect(pass.isDone)
        var other = try Pass(.due, [start])
        #expect(other.next() == .send(start, nil))
        other.finish(.send(start, nil), .failed(.api(.status(422))))
        guard let settle = other.next() else {
            Issue.record("nothing is concluded")
            return
        }
        #expect(other.machine.report.halt == nil)
        other.finish(settle, .failed(.store(.busy(path: "x"))))
        #expect(other.machine.report.halt != nil)
        #expect(other.isDone)
    }
}
