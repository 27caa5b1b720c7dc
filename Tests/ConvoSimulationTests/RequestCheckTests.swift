import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `The check of requests` {
    private let operation = OperationID("op-1")
    private let doubtful = Audit.Outcome.failed(.answerLost, effect: .unknown, retryAfter: nil)
    private let failed = Audit.Outcome.failed(.unreachable, effect: .none, retryAfter: nil)
    private let refused = Audit.Outcome.failed(.status(422), effect: .none, retryAfter: nil)
    private let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)

    private func rules(_ records: [Audit.Record], _ change: (inout RequestCheck) -> Void = { _ in }) -> [Violation.Rule]
    {
        var check = RequestCheck()
        change(&check)
        return check.violations(in: Audit(records: records)).map(\.rule)
    }

    @Test func `sees two writers of ours in one conversation, and allows two in two`() {
        #expect(rules([record(1, at: 0, lasts: 10), record(2, at: 5, lasts: 1)]) == [.overlappingWriters])
        #expect(rules([record(1, at: 0, lasts: 10), record(2, at: 10, lasts: 1)]).isEmpty)
        #expect(rules([record(1, at: 0, lasts: 10), record(2, to: "conv_2", at: 5, lasts: 1)]).isEmpty)
    }
    @Test func `sees a resend from doubt without a look, or with one that came too early`() {
        let first = record(1, operation: operation, at: 0, lasts: 1, outcome: doubtful)
        func look(at second: Int) -> Audit.Record {
            record(2, .history(RemoteID("conv_1")), at: second)
        }
        #expect(rules([first, record(2, operation: operation, at: 200)]) == [.blindResend])
        #expect(rules([first, look(at: 30), record(3, operation: operation, at: 200)]) == [.blindResend])
        #expect(rules([first, look(at: 92), record(3, operation: operation, at: 200)]).isEmpty)
    }
    @Test func `allows a resend of what certainly did nothing, after the back-off`() {
        let first = record(1, operation: operation, at: 0, lasts: 1, outcome: failed)
        #expect(rules([first, record(2, operation: operation, at: 3)]) { $0.forgives = [.costlyProbe] }.isEmpty)
        #expect(
            rules([first, record(2, operation: operation, at: 1)]) { $0.forgives = [.costlyProbe] } == [.impatient])
    }
    @Test func `sees two attempts within one wait of an outage, whatever they ask for`() {
        let read = SimulatedRequest.get(RemoteID("conv_1"))
        func outage(_ seconds: Int...) -> [Audit.Record] {
            seconds.enumerated().map { number, second in
                record(number + 1, number % 2 == 0 ? look : read, at: second, lasts: 1, outcome: failed)
            }
        }
        #expect(rules(outage(0, 2, 5, 10, 19, 36, 69, 130, 191)).isEmpty)
        #expect(rules(outage(0, 2, 5, 9)) == [.impatient])
        #expect(rules(outage(0, 2, 5, 9)) { $0.wakes = [.start + .seconds(8)] }.isEmpty)
        #expect(rules(outage(0, 0, 0)).isEmpty, "what was under way when it began")
        #expect(rules(outage(0, 2, 2)) == [.impatient], "two try at once")
        let tied = record(2, look, at: 1, lasts: 0)
        #expect(
            rules([record(1, look, at: 1, lasts: 0, outcome: failed), tied]).isEmpty, "sent as the first one fails")
        let answered = record(3, read, at: 5, lasts: 1)
        #expect(rules(outage(0, 2) + [answered, record(4, look, at: 6), record(5, read, at: 6)]).isEmpty)
    }
    /// The server refuses our key; the engine asks whose another one is.
    @Test func `sees an attempt with a refused key, and knows when another key has taken its place`() {
        let noKey = Audit.Outcome.failed(.status(401), effect: .none, retryAfter: nil)
        let broken = Audit.Outcome.failed(.status(502), effect: .none, retryAfter: nil)
        let first = record(1, look, at: 0, lasts: 1, outcome: noKey)
        func inquiry(_ outcome: Audit.Outcome) -> Audit.Record {
            record(2, .whoAmI, at: 1, lasts: 1, outcome: outcome, key: "new")
        }
        #expect(rules([first, record(3, look, at: 1)]) == [.impatient])
        #expect(rules([first, inquiry(.answered), record(3, look, at: 2, key: "new")]).isEmpty)
        let again = record(3, look, at: 2, lasts: 1, outcome: noKey)
        #expect(rules([first, inquiry(broken), again]).isEmpty)
        let late = record(3, look, at: 1, lasts: 2, outcome: noKey)  // it was sent before the new key was known
        #expect(rules([first, inquiry(.answered), late, record(4, look, at: 3, key: "new")]).isEmpty)
        // It cannot tell when the outage began for a process that has inquired in vain: nothing more is judged.
        #expect(rules([first, inquiry(broken), again, record(4, look, at: 4)]).isEmpty)
        let over = [record(4, look, at: 4), record(5, look, at: 6, outcome: noKey), record(6, look, at: 7)]
        #expect(rules([first, inquiry(broken), again] + over) == [.impatient])
    }
    /// If the server does not tell whose a key is, the engine asks for one row of the list at once.
    @Test func `takes a question whose a key is, and the list that follows it, for one attempt`() {
        let noKey = Audit.Outcome.failed(.status(401), effect: .none, retryAfter: nil)
        let row = SimulatedRequest.list(page: 0, pageSize: 1, metadata: nil)
        func asked(at second: Int) -> [Audit.Record] {
            [
                record(1, look, at: 0, lasts: 1, outcome: noKey),
                record(2, .whoAmI, at: second, lasts: 0, outcome: noKey),
                record(3, row, at: second, lasts: 3, outcome: noKey),
            ]
        }
        #expect(rules(asked(at: 2)).isEmpty)
        #expect(rules(asked(at: 1)) == [.impatient])
        #expect(rules(asked(at: 2) + [record(4, look, at: 7)]).isEmpty)
        #expect(rules(asked(at: 2) + [record(4, look, at: 6)]) == [.impatient])
    }
    @Test func `sees a request before the server's Retry-After is over`() {
        let limited = Audit.Outcome.failed(.status(429), effect: .none, retryAfter: .seconds(5))
        let first = record(1, look, at: 0, lasts: 1, outcome: limited)
        let others = (2...5).map { record($0, look, at: 2, lasts: 1, outcome: limited) }
        func last(at second: Int) -> [Audit.Record] { [first] + others + [record(6, look, at: second)] }
        #expect(rules(last(at: 5)) == [.impatient])
        #expect(rules([first, record(2, look, at: 5)]).isEmpty)
        #expect(rules(last(at: 8)).isEmpty)
        #expect(rules(last(at: 5)) { $0.wakes = [.start + .seconds(4)] }.isEmpty)
    }
    @Test func `sees a daemon's list before a long Retry-After is over, whatever came in between`() {
        let limited = Audit.Outcome.failed(.status(429), effect: .none, retryAfter: .seconds(600))
        let probe = SimulatedRequest.list(page: 0, pageSize: 1, metadata: nil)
        let first = [record(1, look, at: 0, lasts: 1, outcome: limited), record(2, probe, at: 5)]
        #expect(rules(first + [record(3, look, at: 600)]) == [.impatient])
        #expect(rules(first + [record(3, look, at: 300), record(4, look, at: 600)]) == [.impatient, .impatient])
        #expect(rules(first + [record(3, look, at: 601)]).isEmpty)
        #expect(rules(first + [record(3, look, at: 600)]) { $0.clockJumps = [.start + .seconds(9)] }.isEmpty)
        #expect(rules(first + [record(3, look, at: 600)]) { $0.runByHand = [0] }.isEmpty)
        let start = record(3, .start(StartRequest(inputs: .text("x"))), at: 6, lasts: 1, outcome: doubtful)
        #expect(rules(first + [start, record(4, look, at: 600)]) { $0.forgives = [.malformedRequest] }.isEmpty)
    }
    @Test func `sees a refused write sent again, unless a person asked for it`() {
        let records = [
            record(1, operation: operation, at: 0, lasts: 1, outcome: refused),
            record(2, operation: operation, at: 60),
        ]
        #expect(rules(records) == [.stubborn])
        #expect(rules(records) { $0.retriedByHand = [operation] }.isEmpty)
    }
    @Test func `knows that a refusal dies with the process that was told`() {
        let (told, next) = (
            record(1, operation: operation, by: 1, at: 0, lasts: 1, outcome: refused),
            record(3, operation: operation, by: 2, at: 160)
        )
        #expect(rules([told, next]).isEmpty)
        #expect(rules([told, record(2, to: "conv_2", by: 1, at: 30), next]) == [.stubborn])
        // Whether the conversation or its agent is gone, the process learns from the next answer.
        let gone = record(
            1, operation: operation, by: 1, at: 0, lasts: 1,
            outcome: .failed(.status(404), effect: .none, retryAfter: nil))
        let look = record(2, .get(RemoteID("conv_1")), by: 1, at: 1, lasts: 1)
        #expect(rules([gone, look, next]).isEmpty)
        #expect(rules([gone, look, record(4, to: "conv_2", by: 1, at: 30), next]) == [.stubborn])
    }
    @Test func `sees a request that the schema forbids`() {
        #expect(rules([record(1, .list(page: 0, pageSize: 500, metadata: nil), at: 0)]) == [.malformedRequest])
        let body = AppendRequest(json: .stored(#"{"inputs":"x","model":"m"}"#))
        #expect(rules([record(1, .append(body, to: RemoteID("conv_1")), at: 0)]) == [.malformedRequest])
    }
}

/// An append to `conv_1` unless told otherwise; times in seconds.
func record(
    _ number: Int, _ request: SimulatedRequest? = nil, to conversation: String = "conv_1",
    operation: OperationID? = nil,
    by sender: Int = 0, at second: Int? = nil, lasts: Int = 1, outcome: Audit.Outcome = .answered, key: String? = nil
) -> Audit.Record {
    let sent = VirtualInstant.start + .seconds(second ?? number * 100)
    let access = AccessPlan().source(at: .start)
    return Audit.Record(
        number: number, sender: sender, operation: operation,
        request: request ?? .append(AppendRequest(inputs: .text("x")), to: RemoteID(conversation)),
        access: key.map { Access(server: access.server, key: $0) } ?? access, sentAt: sent,
        finishedAt: end(of: sent, lasts: lasts), outcome: outcome)
}

/// A moment before the full second: nothing is sent at the moment at which another request ends.
func end(of sent: VirtualInstant, lasts seconds: Int) -> VirtualInstant {
    sent + (seconds == 0 ? .zero : .seconds(seconds) - .milliseconds(1))
}
