import ConvoModel
import ConvoSimulation
import ConvoSync
import SeededRandom
import Testing

/// Half of the requests go wrong.
@Suite struct `A server that resets, refuses and commits late` {
    private static let conversations = 50
    private static let rounds = 20

    /// Among a thousand requests, 200 lose their answer, 100 get 429, 100 get a 5xx, and 100 are committed late.
    private static func faults(seed: UInt64) -> FaultPlan {
        var random = SplitMix64(seed: seed)
        let broken = Duration.milliseconds(10)...Duration.seconds(5)
        var plan = FaultPlan()
        for number in (conversations * 4)...100_000 {
            switch random.int(in: 0...999) {
            case 0...199:
                plan.faults[number] = .answerLost(
                    brokenAfter: random.duration(in: broken),
                    lockHolds: random.duration(in: .zero...ServerSwitches.usualLockLimit))
            case 200...299: plan.faults[number] = .rateLimited(retryAfter: random.duration(in: broken))
            case 300...349: plan.faults[number] = .errorBefore(status: 503)
            case 350...399: plan.faults[number] = .errorAfter(status: 502)
            case 400...499:
                plan.faults[number] = .lateCommit(
                    brokenAfter: random.duration(in: broken), by: random.duration(in: .zero...Duration.seconds(80)))
            default: break
            }
        }
        return plan
    }

    @Test func `gets a thousand appends over fifty conversations exactly once, in order`() throws {
        var scenario = Scenario(seed: 7)
        scenario.steps = (0..<Self.conversations).map {
            .init(at: .start + .seconds($0), action: .start(text: "conversation \($0)", isStored: true))
        }
        scenario.steps.append(.init(at: .start + .seconds(120), action: .flood(rounds: Self.rounds)))
        scenario.faults = Self.faults(seed: 7)
        scenario.eventLimit = 200_000
        let report = try Simulation(scenario).run()
        #expect(report.violations.isEmpty)
        #expect(report.outbox.count { $0.state == .delivered } == Self.conversations * (Self.rounds + 1))
        let appended = Dictionary(grouping: report.turns.filter { $0.kind == .append }, by: \.conversation)
        #expect(appended.count == Self.conversations)
        #expect(appended.values.allSatisfy { $0.count == Self.rounds })
        let faults = report.audit.faultCounts.filter { $0.count > 0 }.map { "\($0.name) \($0.count)" }
        print("\(report.audit.records.count) requests in \(report.lasted); faults: \(faults.joined(separator: ", "))")
    }
}
