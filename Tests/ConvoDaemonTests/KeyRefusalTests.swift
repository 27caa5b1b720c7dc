import ConvoAPI
import ConvoModel
import ConvoSync
import Testing

@testable import convod

@Suite struct `A key that the server refuses` {
    private static let refused = SyncFailure.api(APIError(.status(401), effect: .none, message: "no"))
    private static let unreachable = SyncFailure.api(APIError(.unreachable, effect: .none, message: "no route"))
    private static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func ends(_ halts: [(seconds: Int, halt: SyncFailure?)]) -> [Bool] {
        var refusal = KeyRefusal()
        return halts.map { refusal.noted($0.halt, at: start + .seconds($0.seconds)) }
    }

    @Test func `ends the daemon after a minute of nothing else`() {
        let ends = Self.ends([
            (0, Self.refused), (20, Self.refused), (59, Self.refused), (60, Self.refused),
        ])
        #expect(ends == [false, false, false, true])
        let between = Self.ends([
            (0, Self.refused), (59, Self.unreachable), (3600, Self.refused), (3659, Self.refused), (3660, Self.refused),
        ])
        #expect(between == [false, false, false, false, true], "an outage between two refusals begins the minute anew")
    }

    @Test func `does not, where it was accepted meanwhile`() {
        let ends = Self.ends([
            (0, Self.refused), (30, nil), (61, Self.refused), (120, Self.refused), (121, Self.refused),
        ])
        #expect(ends == [false, false, false, false, true])
    }

    @Test func `does not after an outage, however long, nor where the clock is set back`() {
        #expect(Self.ends([(0, Self.unreachable), (600, Self.unreachable)]) == [false, false])
        #expect(Self.ends([(600, Self.refused), (0, Self.refused), (59, Self.refused)]) == [false, false, false])
    }

    @Test func `or that is missing counts as refused, and a plan without the operation does not`() {
        #expect(SyncFailure.api(.keyProblem("there is none")).isKeyRefused)
        #expect(!SyncFailure.api(APIError(.status(403), effect: .none, message: "no")).isKeyRefused)
    }
}
