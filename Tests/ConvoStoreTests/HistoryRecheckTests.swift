import ConvoModel
import ConvoStore
import Testing

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
