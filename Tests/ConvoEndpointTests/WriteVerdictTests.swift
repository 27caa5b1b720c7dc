import ConvoAPI
import ConvoStore
import ConvoSync
import Testing

@testable import ConvoEndpoint

@Suite struct `A client that waits for a write` {
    private static let patience = Duration.seconds(60)

    private static func verdict(
        _ state: OperationState, _ failure: APIError? = nil, reason: OutboxItem.Reason? = nil, lookups: Int = 0,
        outage: APIError? = nil, after waited: Duration = .zero, _ policy: OfflineWrites = .queue
    ) -> WriteVerdict {
        WriteVerdict(
            WriteVerdict.Facts(
                state: state, reason: reason, failure: failure, lookups: lookups, outage: outage, waited: waited),
            policy: policy, patience: patience)
    }

    private static func answer(_ status: Int) -> ErrorAnswer {
        ErrorAnswer(status: status, contentType: "application/json", body: Array("{}".utf8))
    }

    private static func refusal(_ status: Int, _ effect: APIError.Effect = .none) -> APIError {
        APIError(.status(status), effect: effect, message: "", answer: answer(status))
    }

    private static let unreachable = APIError(.unreachable, effect: .none, message: "no network")
    private static let lost = APIError(.answerLost, effect: .unknown, message: "broke off")

    @Test func `gets the answer once it is stored`() {
        #expect(Self.verdict(.delivered, Self.lost) == .answer)
    }

    @Test func `waits while the server is at work, however long`() {
        #expect(Self.verdict(.sending, after: .seconds(900)) == .wait)
        #expect(Self.verdict(.queued) == .wait)
    }

    @Test(arguments: [400, 401, 403, 404, 409, 422, 429]) func `gets the server's own refusal`(_ status: Int) {
        #expect(Self.verdict(.refused, Self.refusal(status)) == .relay(Self.answer(status), takesBack: true))
        #expect(Self.verdict(.queued, Self.refusal(status)) == .relay(Self.answer(status), takesBack: true))
    }

    @Test func `is told at once that there is no network, as the policy says`() {
        #expect(Self.verdict(.queued, Self.unreachable) == .queued)
        #expect(Self.verdict(.queued, Self.unreachable, .fail) == .unreachable("no network"))
    }

    @Test func `believes an outage that others have met only after a moment of its own`() {
        #expect(Self.verdict(.queued, outage: Self.unreachable) == .wait)
        #expect(Self.verdict(.queued, outage: Self.unreachable, after: .seconds(3)) == .queued)
        #expect(
            Self.verdict(.queued, outage: Self.refusal(401), after: .seconds(3))
                == .relay(Self.answer(401), takesBack: true))
    }

    @Test func `waits for what became of a lost answer, and joins it later`() {
        #expect(Self.verdict(.inDoubt, Self.lost, lookups: 3, after: .seconds(59)) == .wait)
        #expect(Self.verdict(.inDoubt, Self.lost, after: .seconds(60)) == .unsettled)
    }

    @Test func `hears of a failure of the server's own when a look has not found the write`() {
        let failed = Self.refusal(500, .unknown)
        #expect(Self.verdict(.inDoubt, failed) == .wait)
        #expect(Self.verdict(.inDoubt, failed, lookups: 1) == .relay(Self.answer(500), takesBack: false))
        #expect(Self.verdict(.inDoubt, failed, after: .seconds(59)) == .wait)
    }

    @Test func `never has a failure taken for the server's that something between has told`() {
        let gateway = APIError(.status(502), effect: .unknown, message: "", isAPIsOwn: false, answer: Self.answer(502))
        #expect(Self.verdict(.inDoubt, gateway, lookups: 9, after: .seconds(59)) == .wait)
    }

    @Test func `waits for a write that is proved absent and is sent again`() {
        #expect(Self.verdict(.queued, Self.refusal(500, .unknown)) == .wait)
    }

    @Test func `is told what only a person can decide`() {
        let reason = OutboxItem.Reason(code: "ambiguous", message: "two of them")
        #expect(Self.verdict(.held, reason: reason) == .stopped(reason))
        #expect(Self.verdict(.cancelled) == .withdrawn)
    }
}
