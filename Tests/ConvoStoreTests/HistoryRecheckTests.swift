import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// `updated_at` does not move when a conversation's first answer completes.
@Suite struct `A history that may still grow` {
    private let created = Timestamp("2026-01-01T12:00:00.000000Z")
    private let now = Timestamp(microseconds: (Timestamp("2026-01-01T12:00:10.000000Z")?.microseconds ?? 0))

    private func look(_ entries: (type: String, at: String)...) throws -> HistoryRecheck? {
        let entries = try entries.enumerated().map { number, entry in
            try Entry(
                raw: JSONText(
                    #"{"type":"\#(entry.type)","id":"msg_\#(number)","created_at":"2026-01-01T\#(entry.at).000000Z"}"#))
        }
        return HistoryRecheck.next(after: nil, entries: entries, createdAt: created, now: now)
    }

    @Test func `is looked at again`() throws {
        #expect(try look() != nil, "listed before its first entry")
        #expect(try look(("message.input", "12:00:00")) != nil, "not answered yet")
        #expect(
            try look(("message.input", "11:00:00"), ("message.output", "11:00:01")) != nil,
            "a restart's copies, and nothing of its own")
    }

    @Test func `is looked at again where all that it shows is an element without a time`() throws {
        let odd = [Entry(raw: .stored("null")), Entry(raw: .stored(#"{"type":"message.input","id":"odd"}"#))]
        for count in 1...2 {
            let next = HistoryRecheck.next(
                after: nil, entries: Array(odd.prefix(count)), createdAt: created, now: now)
            #expect(next?.cause == .unanswered)
        }
        #expect(HistoryRecheck.next(after: nil, entries: odd, createdAt: nil, now: now) == nil)
    }

    @Test func `is not, once it has an answer of its own, or its time is over`() throws {
        #expect(try look(("message.input", "12:00:00"), ("message.output", "12:00:01")) == nil)
        let late = Timestamp(microseconds: now.microseconds + 86_400_000_000)
        #expect(HistoryRecheck.next(after: nil, entries: [], createdAt: created, now: late) == nil)
    }

    @Test(arguments: [-7200, 0, 7200] as [Int64])
    func `is looked at ever more rarely, and no more after a quarter of an hour, whatever our clock shows`(
        ahead seconds: Int64
    ) throws {
        var moment = Timestamp(microseconds: now.microseconds + seconds * 1_000_000)
        let start = moment
        var recheck: HistoryRecheck?
        var waits: [Duration] = []
        repeat {
            recheck = HistoryRecheck.next(after: recheck, entries: [], createdAt: created, now: moment)
            if let recheck {
                waits.append(recheck.wait)
                moment = recheck.due
            }
        } while recheck != nil && waits.count < 100
        #expect(waits == [2, 4, 8, 16, 32, 64, 128, 256, 512].map { .seconds($0) })
        #expect(moment.microseconds - start.microseconds > 900_000_000)
    }

    @Test func `and that is read before its time does not lose a look`() throws {
        let first = try #require(HistoryRecheck.next(after: nil, entries: [], createdAt: created, now: now))
        #expect(HistoryRecheck.next(after: first, entries: [], createdAt: created, now: now) == first)
    }

    @Test func `is not forgotten because the clock was set back`() throws {
        let first = try #require(HistoryRecheck.next(after: nil, entries: [], createdAt: created, now: now))
        let back = Timestamp(microseconds: now.microseconds - 7_200_000_000)
        let next = try #require(HistoryRecheck.next(after: first, entries: [], createdAt: created, now: back))
        #expect(next.attempts == 1)
        #expect(next.due < now)
    }
}

/// The list announces a change that the history does not have yet, as with a lagging replica or a cache.
@Suite struct `A history that seems older than the list` {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func entry(_ type: String, secondsAgo: Int64) throws -> Entry {
        let at = Timestamp(microseconds: now.microseconds - secondsAgo * 1_000_000).text
        return Entry(raw: try JSONText(#"{"type":"\#(type)","id":"e","created_at":"\#(at)"}"#))
    }

    @Test func `is read again four times in three minutes, and then believed`() throws {
        let answer = [try entry("message.output", secondsAgo: 100_000)]
        var (recheck, moment, waits): (HistoryRecheck?, Timestamp, [Duration]) = (nil, now, [])
        var believed: [Bool] = []
        repeat {
            believed.append(HistoryRecheck.isBelieved(after: recheck, now: moment))
            recheck = HistoryRecheck.next(
                after: recheck, entries: answer, createdAt: nil, isOutdated: true, now: moment)
            if let recheck {
                #expect(recheck.cause == .outdated)
                #expect(!HistoryRecheck.isBelieved(after: recheck, now: moment), "it is not its time yet")
                waits.append(recheck.wait)
                moment = recheck.due
            }
        } while recheck != nil && waits.count < 20
        #expect(waits == [2, 8, 32, 128].map { .seconds($0) })
        #expect(believed == [false, false, false, false, true])
    }

    @Test func `may lack the turn that has moved updated_at`() throws {
        func isGap(_ secondsBehind: Double) throws -> Bool {
            let written = Timestamp(microseconds: now.microseconds - Int64(secondsBehind * 1_000_000))
            let last = Entry(raw: try JSONText(#"{"type":"message.output","created_at":"\#(written.text)"}"#))
            return HistoryRecheck.isGap(between: [last, Entry(raw: .stored("null"))], and: now)
        }
        #expect(try [0, 2, 2.000001, 60].map { try isGap($0) } == [false, false, true, true])
        #expect(!HistoryRecheck.isGap(between: [], and: now))
        // A long answer: its entry was made at its first word.
        let long = JSONText.object([
            "created_at": .string((now + .seconds(-60)).text), "completed_at": .string((now + .seconds(-1)).text),
        ])
        #expect(!HistoryRecheck.isGap(between: [Entry(raw: long)], and: now))
        let recent = [599.9, 600, -599.9, -600].map { seconds in
            HistoryRecheck.isRecent(Timestamp(microseconds: now.microseconds - Int64(seconds * 1_000_000)), at: now)
        }
        #expect(recent == [true, false, true, false])
    }

    @Test func `may lack the turn behind a call where half a second is left`() throws {
        for (seconds, isGap) in [(0.5, false), (0.6, true)] {
            let called = Timestamp(microseconds: now.microseconds - Int64(seconds * 1_000_000))
            let call = Entry(raw: try JSONText(#"{"type":"function.call","created_at":"\#(called.text)"}"#))
            #expect(HistoryRecheck.isGap(between: [call], and: now) == isGap)
        }
    }

    @Test func `of a first turn that may go on is read until the server would have given up`() throws {
        let said = [try entry("message.input", secondsAgo: 2), try entry("message.output", secondsAgo: 1)]
        var (recheck, moment, waits): (HistoryRecheck?, Timestamp, [Duration]) = (nil, now, [])
        repeat {
            recheck = HistoryRecheck.next(after: recheck, entries: said, createdAt: nil, mayGoOn: true, now: moment)
            if let recheck {
                waits.append(recheck.wait)
                moment = recheck.due
                #expect(recheck.cause == .firstTurn && recheck.outdatedReadings == 0)
                #expect(!HistoryRecheck.isBelieved(after: recheck, now: moment), "nothing was left out")
            }
        } while recheck != nil && waits.count < 20
        #expect(waits == [2, 8, 32, 128, 512].map { .seconds($0) })
        let early = HistoryRecheck(attempts: 1, due: now + .seconds(8), cause: .firstTurn, firstTurnReadings: 2)
        #expect(HistoryRecheck.next(after: early, entries: said, createdAt: nil, mayGoOn: true, now: now) == early)
        let outdated = HistoryRecheck.next(
            after: early, entries: said, createdAt: nil, isOutdated: true, mayGoOn: true, now: now + .seconds(8))
        #expect(outdated?.cause == .outdated && outdated?.wait == .seconds(2))
        #expect(HistoryRecheck.isFirstTurn(createdAt: now, updatedAt: now + .microseconds(2)))
        #expect(!HistoryRecheck.isFirstTurn(createdAt: now, updatedAt: now + .seconds(1)))
    }

    @Test func `may lack the rest of a burst, where the next turn fits before updated_at`() throws {
        // Two turns, each of an input and an output, that many milliseconds before `updated_at`.
        func isGap(_ ends: [Int64]) throws -> Bool {
            let entries = try [
                "message.input", "message.output", "function.result", "tool.execution", "message.output",
            ]
            .enumerated().map { place, type in
                let end = Timestamp(microseconds: now.microseconds - ends[place < 2 ? 0 : 1] * 1000)
                return Entry(raw: try JSONText(#"{"type":"\#(type)","created_at":"\#(end.text)"}"#))
            }
            return HistoryRecheck.isGap(between: entries, and: now)
        }
        #expect(try isGap([210, 200]), "twenty more turns fit")
        #expect(try isGap([399, 200]))
        #expect(try !isGap([400, 200]), "the next turn takes as long as the last one")
        #expect(try !isGap([60_000, 1999]))
        #expect(try !isGap([0, 0]) && !isGap([10, 0]) && isGap([1, 1]))
        #expect(try isGap([100, 200]), "entries whose times go back tell no pace")
        let turn = try ["message.input", "message.output"].map { try entry($0, secondsAgo: 1) }
        #expect(!HistoryRecheck.isGap(between: turn, and: now), "a single turn tells no pace")
    }

    @Test func `waits for its answer where an element that cannot be understood follows the question`() throws {
        let odd = [try entry("message.input", secondsAgo: 1), Entry(raw: .stored("null"))]
        #expect(HistoryRecheck.next(after: nil, entries: odd, createdAt: nil, now: now)?.cause == .unanswered)
    }

    @Test func `waits for its answer where it has none`() throws {
        let asked = [try entry("message.input", secondsAgo: 1)]
        let first = try #require(
            HistoryRecheck.next(after: nil, entries: asked, createdAt: nil, isOutdated: true, now: now))
        #expect(first.cause == .unanswered && first.attempts == 0)
        let answered = HistoryRecheck.next(
            after: first, entries: [try entry("message.output", secondsAgo: 0)], createdAt: nil, isOutdated: true,
            now: now)
        #expect(answered == HistoryRecheck(attempts: 0, due: first.due, cause: .outdated, outdatedReadings: 1))
        let late = HistoryRecheck(attempts: 7, due: now, cause: .unanswered)
        #expect(HistoryRecheck.next(after: late, entries: asked, createdAt: nil, now: now)?.attempts == 8)
        #expect(HistoryRecheck(attempts: 1, due: now).cause == .unanswered)
    }

    @Test func `that only waited for its answer is not believed about what it leaves out`() throws {
        let asked = [try entry("message.input", secondsAgo: 0)]
        let answer = [try entry("message.output", secondsAgo: 0)]
        var (recheck, moment): (HistoryRecheck?, Timestamp) = (nil, now)
        func read(_ entries: [Entry], isOutdated: Bool) throws {
            recheck = HistoryRecheck.next(
                after: recheck, entries: entries, createdAt: nil, isOutdated: isOutdated, now: moment)
            moment = try #require(recheck?.due)
            #expect(recheck?.outdatedReadings == 0 || isOutdated)
        }
        for _ in 0..<7 { try read(asked, isOutdated: false) }
        #expect(!HistoryRecheck.isBelieved(after: recheck, now: moment))
        for reading in 1...4 {
            try read(answer, isOutdated: true)
            #expect(recheck?.outdatedReadings == reading && recheck?.cause == .outdated)
            #expect(HistoryRecheck.isBelieved(after: recheck, now: moment) == (reading == 4))
        }
        recheck = HistoryRecheck(attempts: 5, due: now, cause: .outdated, outdatedReadings: 4)
        moment = now
        try read(asked, isOutdated: false)
        #expect(!HistoryRecheck.isBelieved(after: recheck, now: moment), "this reading left out nothing")
    }

    @Test func `that lacks an answer, too, is believed no sooner than a replica catches up`() throws {
        var (recheck, moment): (HistoryRecheck?, Timestamp) = (nil, now)
        let asked = [try entry("message.input", secondsAgo: 0)]
        while !HistoryRecheck.isBelieved(after: recheck, now: moment) {
            recheck = HistoryRecheck.next(
                after: recheck, entries: asked, createdAt: nil, isOutdated: true, now: moment)
            moment = try #require(recheck?.due)
        }
        #expect(recheck?.cause == .unanswered)
        #expect(moment >= now + .seconds(170))
    }

    /// A due time that lies too far ahead was written before the clock was set back.
    @Test func `is not believed before its wait is over, however the clock is set back`() throws {
        let far = Timestamp(microseconds: now.microseconds + HistoryRecheck.longestWaitMicroseconds + 1)
        let before = HistoryRecheck(attempts: 4, due: far, cause: .outdated, outdatedReadings: 4)
        #expect(!HistoryRecheck.isBelieved(after: before, now: now))
        let next = HistoryRecheck.next(
            after: before, entries: [try entry("message.output", secondsAgo: 0)], createdAt: nil, isOutdated: true,
            now: now)
        #expect(next?.outdatedReadings == 4 && next?.wait == .seconds(128))
    }

    @Test func `is read until it is believed, also where its answer never comes`() throws {
        let asked = [try entry("message.input", secondsAgo: 1)]
        let last = HistoryRecheck(attempts: HistoryRecheck.unansweredLimit - 1, due: now)
        let next = HistoryRecheck.next(after: last, entries: asked, createdAt: nil, isOutdated: true, now: now)
        #expect(next?.cause == .outdated && next?.outdatedReadings == 1 && next?.wait == .seconds(2))
        #expect(HistoryRecheck.next(after: last, entries: asked, createdAt: nil, now: now) == nil)
    }

    @Test func `waits for no answer of yesterday, nor for one to a call`() throws {
        func next(_ entry: Entry, createdAt: Timestamp? = nil) -> HistoryRecheck? {
            HistoryRecheck.next(after: nil, entries: [entry], createdAt: createdAt, now: now)
        }
        #expect(next(try entry("message.input", secondsAgo: 86_399)) != nil)
        #expect(next(try entry("message.input", secondsAgo: 86_400)) == nil)
        #expect(next(try entry("function.call", secondsAgo: 1)) == nil)
        #expect(next(try entry("tool.execution", secondsAgo: 1)) != nil)
        #expect(next(try entry("message.output", secondsAgo: 5), createdAt: now) != nil, "a restart's copy")
        #expect(next(try entry("message.output", secondsAgo: 0), createdAt: now) == nil)
    }

    @Test func `is read at its time, to the microsecond, and when that lies too far ahead`() throws {
        let longest = HistoryRecheck.longestWaitMicroseconds
        func attempts(dueIn microseconds: Int64) -> Int? {
            let before = HistoryRecheck(
                attempts: 2, due: Timestamp(microseconds: now.microseconds + microseconds), cause: .outdated,
                outdatedReadings: 1)
            let next = HistoryRecheck.next(after: before, entries: [], createdAt: nil, isOutdated: true, now: now)
            #expect(next?.outdatedReadings == (microseconds > 0 ? 1 : 2), "a wait that was cut short proves nothing")
            return next?.attempts
        }
        #expect([-1, 0, 1, longest, longest + 1].map(attempts) == [3, 3, 2, 2, 3])
        #expect(longest == 1_024_000_000)
    }
}
