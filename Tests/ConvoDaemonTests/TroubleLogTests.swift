import ConvoTerminal
import Testing

@testable import convod

@Suite struct `The log of troubles` {
    private func failure(_ message: String) -> Failure { Failure(.unreachable, code: "x", message: message) }

    @Test func `takes what differs only in numbers for one trouble`() {
        var log = TroubleLog()
        let first = failure("Connection refused after 0 ms on port 8080.")
        #expect(log.note(first, in: .pulling) == .trouble(first))
        #expect(log.note(failure("Connection refused after 19 ms on port 8080."), in: .pulling) == .none)
        #expect(log.note(failure("Connection refused after 3 ms on port 1."), in: .pushing) == .none)
        let other = failure("The name is not known.")
        #expect(log.note(other, in: .pushing) == .trouble(other))
    }

    @Test func `tells of a recovery once, when all parts work again`() {
        var log = TroubleLog()
        #expect(log.note(nil, in: .pulling) == .none)
        _ = log.note(failure("a"), in: .pulling)
        _ = log.note(failure("b"), in: .pushing)
        #expect(log.note(nil, in: .pulling) == .none)
        #expect(log.note(nil, in: .pushing) == .recovery)
        #expect(log.note(failure("a"), in: .pulling) == .trouble(failure("a")))
    }

    @Test func `remarks on each thing once, as long as it is there`() {
        var log = TroubleLog()
        #expect(log.news(among: ["row 1", "row 2"], of: .oddItems) == ["row 1", "row 2"])
        #expect(log.news(among: ["row 1", "row 2", "row 3"], of: .oddItems) == ["row 3"])
        #expect(log.news(among: [], of: .oddItems) == [])
        #expect(log.news(among: ["row 1"], of: .oddItems) == ["row 1"])
        #expect(log.news(among: ["late by 3 ms", "late by 5 ms"], of: .histories) == ["late by 3 ms"])
        #expect(log.news(among: ["late by 7 ms"], of: .histories) == [])
    }
}
