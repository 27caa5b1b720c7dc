import ConvoModel
import ConvoSimulation
import ConvoSync
import Foundation
import Testing

/// All operations, on a server to which others write, too.
@Suite struct `A scenario with every operation` {
    /// With `CONVO_CRASH_STRIDE=1` the process dies at every point; by default at every seventh.
    private static let stride = ProcessInfo.processInfo.environment["CONVO_CRASH_STRIDE"].flatMap(Int.init) ?? 7

    private static func scenario(faults: FaultPlan = FaultPlan()) -> Scenario {
        var scenario = Scenario(seed: 42)
        func at(_ second: Int) -> VirtualInstant { .start + .seconds(second) }
        scenario.steps = [
            .init(at: at(1), action: .start(text: "hello", isStored: true)),
            .init(at: at(2), action: .append(nth: 0, text: "hello")),
            .init(at: at(3), action: .append(nth: 0, text: "hello")),
            .init(at: at(20), action: .restart(nth: 0, text: "again")),
            .init(at: at(22), action: .start(text: "sandbox:call it", isStored: true)),
            .init(at: at(40), action: .answerCalls(nth: 0)),
            .init(at: at(41), action: .append(nth: 1, text: "again")),
            .init(at: at(60), action: .start(text: "secret", isStored: false)),
            .init(at: at(80), action: .append(nth: 2, text: "sandbox:numbers look")),
            .init(at: at(81), action: .cancel(nth: 0)),
            .init(at: at(100), action: .deleteRemotely(nth: 1)),
            .init(at: at(110), action: .appendStreaming(nth: 0, text: "go on", notifies: true, stopsAfter: nil)),
        ]
        scenario.others = OtherWriter([
            .init(at: at(5), .start(text: "hello")), .init(at: at(30), .append(nth: 0, text: "hello")),
            .init(at: at(50), .restart(nth: 1, text: "again")), .init(at: at(70), .delete(nth: 1)),
        ])
        scenario.faults = faults
        scenario.intervals = SyncIntervals(poll: .seconds(150), sweep: .seconds(300))
        return scenario
    }

    private static let faults = FaultPlan([
        4: .answerLost(brokenAfter: .seconds(1), lockHolds: .seconds(20)),
        13: .lateCommit(brokenAfter: .seconds(1), by: .seconds(30)), 22: .errorAfter(status: 502),
        31: .rateLimited(retryAfter: .seconds(5)), 40: .requestLost(brokenAfter: .seconds(2)),
    ])

    private static func points(_ faults: FaultPlan) throws -> Int {
        let report = try Simulation(scenario(faults: faults)).run()
        #expect(report.violations.isEmpty)
        return report.points
    }

    @Test(arguments: [FaultPlan(), faults])
    func `keeps every promise though the process dies at any point`(faults: FaultPlan) throws {
        for point in Swift.stride(from: 1, through: try Self.points(faults), by: Self.stride) {
            for commitsUndone in 0...2 {
                var scenario = Self.scenario(faults: faults)
                scenario.deaths = [.init(afterPoints: point, commitsUndone: commitsUndone)]
                let violations = try Simulation(scenario).run().violations
                #expect(violations.isEmpty, "point \(point), \(commitsUndone) commits before")
            }
        }
    }

    @Test(arguments: [FaultPlan(), faults])
    func `keeps every promise though the power is cut at any point`(faults: FaultPlan) throws {
        for point in Swift.stride(from: 1, through: try Self.points(faults), by: Self.stride) {
            var scenario = Self.scenario(faults: faults)
            scenario.deaths = [.init(afterPoints: point, cutsPower: true)]
            #expect(try Simulation(scenario).run().violations.isEmpty, "point \(point)")
        }
    }

    @Test func `is the same run each time`() throws {
        let runs = try (0..<2).map { _ in try Simulation(Self.scenario(faults: Self.faults)).run() }
        #expect(runs[0].turns == runs[1].turns)
        #expect(runs[0].audit.records.map(\.sentAt) == runs[1].audit.records.map(\.sentAt))
    }
}
