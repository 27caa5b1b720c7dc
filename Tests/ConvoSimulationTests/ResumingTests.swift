import ConvoModel
import ConvoSimulation
import ConvoSync
import Testing

@Suite struct `A first sync that is killed` {
    private static let conversations = 300

    private static func scenario(diesAfter points: Int) -> Scenario {
        var scenario = Scenario(seed: 11)
        scenario.others = OtherWriter(
            (0..<conversations).map { .init(at: .start + .milliseconds($0), .start(text: "hello")) })
        // The first pull comes before the conversations are there; the full pull after it finds them all.
        scenario.intervals = SyncIntervals(poll: .seconds(100), sweep: .seconds(120))
        scenario.deaths = [.init(afterPoints: points)]
        return scenario
    }

    @Test func `goes on from there: what was stored is not fetched again`() throws {
        // A first sync passes three points for each conversation: before, during and after the request for its history.
        let report = try Simulation(Self.scenario(diesAfter: Self.conversations * 3 * 6 / 10)).run()
        #expect(report.violations.isEmpty)
        let histories = report.audit.records.count { $0.request.name == "history" }
        #expect(histories >= Self.conversations)
        #expect(histories <= Self.conversations + SyncLimits().fetches * 2, "\(histories) histories")
    }
}
