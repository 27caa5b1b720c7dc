import ConvoModel
import ConvoStore
import Testing

/// `updated_at` does not move when a conversation's first answer completes.
@Suite struct `A history that may still grow` {
    private let created = Timestamp("2026-01-01T12:00:00.000000Z")
    private let now = Timestamp(microseconds: (Timestamp("2026-01-01T12:00:10.000000Z")?.microseconds ?? 0))

    private func look(_ entries: (type: String, at: String)...) throws -> Timestamp? {
        let entries = try entries.enumerated().map { number, entry in
            try Entry(
                raw: JSONText(
                    #"{"type":"\#(entry.type)","id":"msg_\#(number)","created_at":"2026-01-01T\#(entry.at).000000Z"}"#))
        }
        return Settling.nextLook(at: entries, createdAt: created, now: now)
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
        let late = Timestamp(microseconds: now.microseconds + 3_600_000_000)
        #expect(Settling.nextLook(at: [], createdAt: created, now: late) == nil)
    }
}
