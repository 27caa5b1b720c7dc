import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoStore
@testable import convod

@Suite struct `The log of troubles` {
    private func failure(_ message: String) -> CLIError { CLIError(.unreachable, code: "x", message: message) }

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

    @Test func `remarks on what goes on once, and again when it comes back`() {
        func late(_ subject: String, _ milliseconds: Int) -> Remark {
            Remark(subject: subject, words: "late by \(milliseconds) ms")
        }
        var log = TroubleLog()
        #expect(log.news(among: [late("conv_1", 3), late("conv_2", 3)]).count == 2)
        #expect(log.news(among: [late("conv_1", 7), late("conv_3", 3)]) == [late("conv_3", 3)])
        #expect(log.news(among: [late("conv_2", 3)]) == [late("conv_2", 3)])
    }

    @Test func `names each thing that was set aside once, wherever it stands by now`() {
        func item(_ position: Int, id: String? = nil, name: String? = nil, reason: String = "no id") -> SetAsideItem {
            SetAsideItem(
                conversation: nil, remoteID: nil, conversationName: nil, position: position, id: id, name: name,
                reason: reason, seenAt: Timestamp(microseconds: 0))
        }
        var log = TroubleLog()
        #expect(log.news(among: [item(1, name: "odd"), item(2)]).map(\.position) == [1, 2])
        #expect(log.news(among: [item(4, name: "odd"), item(2), item(3)]).map(\.position) == [3])
        #expect(log.news(among: [SetAsideItem]()).isEmpty)
        #expect(log.news(among: [item(9, name: "odd"), item(9, name: "odd", reason: "no date")]).count == 1)
    }
}
