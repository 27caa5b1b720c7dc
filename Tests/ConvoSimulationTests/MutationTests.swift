import ConvoSimulation
import ConvoSync
import Foundation
import Testing

@Suite struct `A mistake in the engine` {
    /// The number of seeds within which each mistake must be found.
    static let seedLimit: UInt64 = 500

    private static let all =
        Mutation.pulling + Mutation.pushing + Mutation.reading + Mutation.proving + Mutation.creating + Mutation.owning

    /// The mistakes whose draws have landed; with `CONVO_MUTATIONS`, those whose name contains one of its words, landed
    /// or not. Commas separate the words.
    private static let mutations: [Mutation] = {
        guard let words = ProcessInfo.processInfo.environment["CONVO_MUTATIONS"]?.split(separator: ",") else {
            return all.filter { $0.needs.isSubset(of: Scenario.landed.union(Scenario.handedOver)) }
        }
        return all.filter { mutation in words.contains { mutation.testDescription.contains($0) } }
    }()

    /// Bursts make a run long, and no mistake needs them.
    private static let draws = Scenario.landed.subtracting([.bursts])

    @Test(arguments: mutations)
    func `is found by the checkers`(mutation: Mutation) throws {
        let first = Mutation.lastSeeds[mutation.testDescription].map { [$0] } ?? []
        for seed in first + Array(1...Self.seedLimit) {
            let simulation = try Simulation(
                Scenario(drawnFrom: seed, drawing: Self.draws, always: mutation.needs), with: mutation)
            let broken = Set(try simulation.run().violations.map(\.rule))
            if !broken.isDisjoint(with: mutation.breaks) {
                print("\(mutation.testDescription): found with seed \(seed)")
                return
            }
        }
        Issue.record("\(mutation.testDescription): not found in \(Self.seedLimit) seeds")
    }

    @Test func `is what convicts it: the same engine without one is not convicted`() throws {
        let none = Mutation("does everything right", breaks: [])
        for seed in 1...20 as ClosedRange<UInt64> {
            let simulation = try Simulation(Scenario(drawnFrom: seed), with: none)
            #expect(try simulation.run().violations.isEmpty, "seed \(seed)")
        }
    }
}
