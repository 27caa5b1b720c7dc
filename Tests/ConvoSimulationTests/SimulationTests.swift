import ConvoModel
import ConvoSimulation
import Foundation
import Testing

@Suite struct `The real engine in a simulated world` {
    /// `CONVO_SIMULATION_SEEDS` says how many seeds run, `CONVO_SIMULATION_FIRST` which is the first.
    private static let seeds = setting("CONVO_SIMULATION_SEEDS") ?? 60
    private static let first = setting("CONVO_SIMULATION_FIRST") ?? 1
    private static let strands = 2
    /// `CONVO_SIMULATION_DRAWS` names the draws, with commas between them, where they are not those that have landed.
    private static let draws =
        ProcessInfo.processInfo.environment["CONVO_SIMULATION_DRAWS"].map { names in
            Set(Scenario.Draw.allCases.filter { names.split(separator: ",").contains("\($0)"[...]) })
        } ?? Scenario.landed

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init)
    }

    /// Each strand runs every other seed, so that two processors share the work.
    @Test(arguments: 0..<strands)
    func `keeps every promise for every seed`(strand: Int) throws {
        var tally = Tally()
        for seed in stride(from: Self.first + strand, to: Self.first + Self.seeds, by: Self.strands) {
            let scenario = Scenario(drawnFrom: UInt64(seed), drawing: Self.draws)
            let report = try Simulation(scenario).run()
            tally.count(report)
            let found = report.violations.prefix(3).map(\.description).joined(separator: "; ")
            #expect(report.violations.isEmpty, "seed \(seed): \(found)")
            guard !report.violations.isEmpty, Self.seeds == 1 else { continue }
            print(report.testDescription)
            for step in scenario.steps { print("\(step.at - .start): \(step.action)") }
            for step in scenario.others.steps { print("\(step.at - .start) by others: \(step.action)") }
            print("deaths: \(scenario.deaths); clock: \(scenario.clockJumps); \(scenario.switches)")
        }
        print(tally)
    }

    @Test(arguments: 0..<strands, Array(Scenario.handedOver))
    func `keeps every promise while the database changes hands`(strand: Int, draw: Scenario.Draw) throws {
        for seed in stride(from: 1 + strand, through: 100, by: Self.strands) {
            let scenario = Scenario(drawnFrom: UInt64(seed), drawing: [.pullsBeside], always: [draw])
            let report = try Simulation(scenario).run()
            let found = report.violations.prefix(3).map(\.description).joined(separator: "; ")
            #expect(report.violations.isEmpty, "\(draw), seed \(seed): \(found)")
        }
    }

    /// Seeds that earlier versions of the engine and the store failed; more bugs are in `FoundBySimulationTests`.
    @Test(
        arguments: [
            128,  // a clock behind the server's: a conversation read every two seconds until it caught up
            226,  // a clock ahead of the server's: a first answer never looked for again
            1092,  // a write went from in doubt back to the queue by a decision that did not know of the doubt
            1133,  // cancelling a held write queued another one that a refused write before it still held back
            2176,  // a start that a pull had seen was sent again after somebody deleted it
            2372,  // an append was based on a history from before its conversation's first answer
            3251,  // a restart's own turn, which came late, was taken for the append behind it
            3579,  // a clock set forward ended the wait for a commit that could still surface
        ] as [UInt64])
    func `keeps every promise for the seeds that once found a bug`(seed: UInt64) throws {
        #expect(try Simulation(Scenario(drawnFrom: seed, withHands: false, drawing: [])).run().violations.isEmpty)
    }

    @Test(arguments: [7, 8] as [UInt64])
    func `does the same for the same seed`(seed: UInt64) throws {
        let runs = try (0..<2).map { _ in try Simulation(Scenario(drawnFrom: seed)).run() }
        #expect(runs[0].turns == runs[1].turns)
        #expect(runs[0].audit.records.map(\.finishedAt) == runs[1].audit.records.map(\.finishedAt))
    }
}
