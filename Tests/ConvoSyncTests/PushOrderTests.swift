import ConvoAPI
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `The order of a push` {
    private let limits = SyncLimits()

    @Test func `is kept where two local conversations turn out to be one on the server`() throws {
        // `item` makes each in a store of its own, so each is in a local conversation of its own.
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
        let base = OutboxItem.Base(entryID: EntryID("e"))
        var pass = try Pass(.due, [item])
        #expect(pass.next() == .prepare(item))
        #expect(pass.isWaiting)
        pass.finish(.prepare(item), .prepared(base))
        #expect(pass.next() == .send(item, base))
        #expect(pass.machine.report.delivered == 0)
        pass.finish(.send(item, base), .sent(end: nil))
        #expect(pass.machine.report.delivered == 1)
        #expect(pass.next() == .refresh(item))
        #expect(!pass.machine.hasChangesToRead)
        pass.finish(.refresh(item), .refreshed(end: nil))
        #expect(pass.machine.hasChangesToRead)
        #expect(pass.next() == .load(limit: 200))
        #expect(!pass.machine.hasChangesToRead)
        #expect(pass.isWaiting)
        pass.finish(.load(limit: 200), .loaded([]))
        #expect(pass.isDone)
        #expect(pass.machine.report.halt == nil)
    }

    @Test(arguments: [(Duration.milliseconds(900), true), (.seconds(1), false), (.seconds(-1), false)], [false, true])
    func `takes what follows a write for the read before the next, for a second`(
        _ wait: (time: Duration, isTaken: Bool), isAnswer: Bool
    ) throws {
        let isTaken = wait.isTaken
        let item = try item()
        let (base, end) = (OutboxItem.Base(entryID: EntryID("e")), OutboxItem.Base(entryID: EntryID("f"), version: "v"))
        var pass = try Pass(.due, [item])
        #expect(pass.next() == .prepare(item))
        pass.finish(.prepare(item), .prepared(base))
        #expect(pass.next() == .send(item, base))
        pass.finish(.send(item, base), .sent(end: isAnswer ? end : nil))
        if !isAnswer {
            #expect(pass.next() == .refresh(item))
            pass.finish(.refresh(item), .refreshed(end: end))
        }
        #expect(pass.next() == .load(limit: 200))
        pass.wait(wait.time)
        pass.finish(.load(limit: 200), .loaded([item]))
        #expect(pass.next() == (isTaken ? .send(item, end) : .prepare(item)))
        // It serves once.
        pass.finish(isTaken ? .send(item, end) : .prepare(item), .withdrawn)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded([item]))
        #expect(pass.next() == .prepare(item))
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
            Set(settled) == Set(items.prefix(limits.writers).map { .settle($0, .queued(failure.reason, until: nil)) }))
        #expect(pass.isDone)
        #expect(pass.machine.report.halt?.isOtherOwner == true)
    }

    @Test func `verifies again where it is woken while it stores why the account is not known`() throws {
        var pass = try Pass(.due, try appends(1), verifies: false)
        #expect(pass.next() == .verify)
        pass.finish(.verify, .failed(.api(APIError(.unreachable, effect: .none, message: "no network"))))
        let settling = try pass.begin()
        pass.machine.woken()
        pass.finish(settling, .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded(try appends(1), awaited: []))
        #expect(pass.next() == .verify)
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

    @Test func `waits for what comes due while another one is in work`() throws {
        let store = try temporaryStore()
        let ids = try (0..<3).map { _ in try store.start(StartRequest("hello")).operation }
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
        let id = try store.start(StartRequest("hello")).operation
        try store.markQueued(id, from: .queued, reason: nil, nextAttempt: noon + .seconds(30))
        let item = try store.operation(matching: id.rawValue)
        var pass = try Pass(.once, [item])
        #expect(pass.next() == .send(item, nil))
        pass.finish(.send(item, nil), .failed(.api(.status(503))))
        guard let settle = pass.next(), case .settle(_, .queued) = settle else { throw Unexpected("not put off") }
        pass.finish(settle, .settled)
        #expect(pass.next() == .load(limit: 201))
        pass.finish(.load(limit: 201), .loaded([item]))
        #expect(pass.isDone)
    }

    @Test func `makes room where it is asked to, and is done then`() throws {
        var machine = PushMachine(.due)
        _ = machine.next(at: noon)
        machine.finished(.load(limit: 200), .madeRoom, at: noon)
        #expect(machine.report.hasMadeRoom)
        guard case .done = machine.next(at: noon) else { throw Unexpected("it goes on") }
    }

    @Test func `leaves what it has not looked at to the next one where the store fails`() throws {
        var machine = PushMachine(.due)
        _ = machine.next(at: noon)
        machine.finished(.load(limit: 200), .failed(.store(.busy(path: "x"))), at: noon)
        #expect(machine.report.halt != nil && machine.hasChangesToRead)
        guard case .done = machine.next(at: noon) else { throw Unexpected("it goes on") }
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
        #expect(pass.next() == .settle(append, OperationTransition(notFound: failure.reason, isThere: true)))
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
        let base = OutboxItem.Base(entryID: EntryID("e"))
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
        let settle = try other.begin()
        #expect(other.machine.report.halt == nil)
        other.finish(settle, .failed(.store(.busy(path: "x"))))
        #expect(other.machine.report.halt != nil)
        #expect(other.isDone)
    }
}
