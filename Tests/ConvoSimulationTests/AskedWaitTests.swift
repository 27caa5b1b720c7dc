import ConvoAPI
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `A daemon that the server asked to wait` {
    private let list = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
    private func limited(for seconds: Int) -> Audit.Outcome {
        .failed(.status(429), effect: .none, retryAfter: .seconds(seconds))
    }

    private func waitEnd(_ records: [Audit.Record], _ jumps: [(at: Int, by: Int)] = []) -> Duration? {
        Audit(records: records).lastWaitEnd(
            of: 1, clockJumps: jumps.map { .init(at: .start + .seconds($0.at), by: .seconds($0.by)) }
        ).map { $0 - .start }
    }

    @Test func `may pull when the longest wait is over`() {
        let short = record(1, list, by: 1, at: 0, lasts: 0, outcome: limited(for: 5))
        let long = record(2, list, by: 1, at: 10, lasts: 0, outcome: limited(for: 600))
        let next = record(3, .get(RemoteID("conv_1")), by: 1, at: 20, lasts: 0, outcome: limited(for: 60))
        #expect(waitEnd([short]) == nil, "a pull waits so long itself")
        #expect(waitEnd([short, long, next]) == .seconds(610))
        #expect(waitEnd([record(1, list, by: 2, at: 0, lasts: 0, outcome: limited(for: 600))]) == nil)
        #expect(waitEnd([record(1, by: 1, at: 0, lasts: 0, outcome: limited(for: 600))]) == nil, "a write")
    }

    @Test func `waits longer where the clock is set back meanwhile, at most twice as long`() {
        let first = [record(1, list, by: 1, at: 10, lasts: 0, outcome: limited(for: 600))]
        #expect(waitEnd(first, [(at: 100, by: -500)]) == .seconds(1110))
        #expect(waitEnd(first, [(at: 100, by: -600)]) == .seconds(1210))
        #expect(waitEnd(first, [(at: 100, by: -601)]) == .seconds(610), "the moment lies further ahead than the wait")
        #expect(waitEnd(first, [(at: 100, by: 500)]) == .seconds(610))
        #expect(waitEnd(first, [(at: 9, by: -500)]) == .seconds(610), "before the wait")
        #expect(waitEnd(first, [(at: 610, by: -500)]) == .seconds(610), "behind the wait")
    }

    /// Seed 113413: the server drops an entry during such a wait, and the engine believes that after five readings.
    @Test func `learns behind a wait that a clock has made longer what the server dropped in it`() throws {
        var scenario = Scenario(seed: 1)
        scenario.others = OtherWriter([
            .init(at: .start, .start(text: "hello")), .init(at: .start + .seconds(300), .dropEntry(nth: 0, entry: 0)),
        ])
        let limited = ExchangeFault.rateLimited(retryAfter: .seconds(900))
        scenario.faults.faults = [8: limited]
        scenario.clockJumps = [.init(at: .start + .seconds(250), by: .seconds(-850))]
        let report = try Simulation(scenario).run()
        #expect(report.violations.isEmpty)
        let asked = try #require(report.audit.records.first { $0.fault == limited })
        #expect(asked.request.name == "list")
        let next = report.audit.records.first { $0.sentAt >= asked.finishedAt }
        #expect(next?.sentAt == asked.finishedAt + .seconds(1750))
    }
}
