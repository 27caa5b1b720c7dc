import ConvoAPI
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `The pace of a push` {
    private let limits = SyncLimits()

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
                case .send: pass.finish(step, .sent(end: nil))
                case .refresh: pass.finish(step, .refreshed(end: nil))
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
        // The writes that are prepared are sent before the next reads begin.
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

    @Test func `asks less of a server that is asked too much, and more again by and by`() throws {
        let items = try appends(8)
        var pass = try Pass(.due, items)
        for item in items.prefix(4) { #expect(pass.next() == .prepare(item)) }
        pass.finish(.prepare(items[0]), .failed(.api(.status(429, retryAfter: .seconds(7)))))
        #expect(pass.machine.report.slowUntil == noon + .seconds(7))
        #expect(pass.machine.report.throttle?.asked == .seconds(7))
        guard case .settle(let item, .queued(_, let until)) = pass.next() else { throw Unexpected("not put off") }
        #expect(item == items[0] && until == noon + .seconds(7))
        pass.finish(.settle(items[0], .queued(nil, until: until)), .settled)
        #expect(pass.next() == .load(limit: 200))
        pass.finish(.load(limit: 200), .loaded(Array(items[1...])))
        #expect(pass.next() == nil, "three are in work, and two are allowed")
        #expect(pass.waitsUntil == noon + .seconds(7))
        for item in items[1...3] {
            pass.finish(.prepare(item), .prepared(nil))
            #expect(pass.next() == .send(item, nil))
            pass.finish(.send(item, nil), .sent(end: nil))
            #expect(pass.next() == .refresh(item))
            pass.finish(.refresh(item), .refreshed(end: nil))
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
        let settle = try pass.begin()
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
}
