import ConvoJSON
import ConvoModel
import ConvoSimulation
import Foundation
import Synchronization
import Testing

@testable import ConvoEndpoint

@Suite struct `A mistake in the endpoint` {
    /// The number of seeds within which each mistake must be found.
    private static let seedLimit: UInt64 = 500

    @Test(arguments: EndpointMistake.all) func `is found by the checkers`(mistake: EndpointMistake) throws {
        for seed in [mistake.lastSeed] + Array(1...Self.seedLimit) {
            let simulation = try Simulation(
                Scenario(withProgramsDrawnFrom: seed), rules: mistake.rules())
            if try !simulation.programViolations(simulation.run()).isEmpty {
                print("\(mistake.testDescription): found with seed \(seed)")
                return
            }
        }
        Issue.record("\(mistake.testDescription): not found in \(Self.seedLimit) seeds")
    }
}

/// A mistake that the endpoint could make, by which a program's request would be there twice, or not at all.
struct EndpointMistake: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The seed with which it was last found, which is tried first.
    let lastSeed: UInt64
    /// The endpoint's decisions with the mistake among them, for one run.
    let rules: @Sendable () -> EndpointRules

    private init(_ name: String, seed: UInt64, _ change: @escaping @Sendable (inout EndpointRules) -> Void) {
        (testDescription, lastSeed) = (name, seed)
        rules = {
            var rules = EndpointRules()
            change(&rules)
            return rules
        }
    }

    /// A client is told something else than it should be, by the facts.
    private static func telling(
        _ name: String, seed: UInt64, _ change: @escaping @Sendable (inout WriteVerdict.Facts) -> Void
    ) -> EndpointMistake {
        EndpointMistake(name, seed: seed) { rules in
            let right = rules.verdict
            rules.verdict = { facts, policy, patience in
                var facts = facts
                change(&facts)
                return right(facts, policy, patience)
            }
        }
    }

    static let all: [EndpointMistake] = [
        EndpointMistake("takes each try for a request of its own", seed: 1) { rules in
            let right = rules.identity
            let count = Mutex(0)
            rules.identity = { kind, conversation, body, name in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return right(kind, conversation, body, name ?? "try \(number)")
            }
        },
        EndpointMistake("takes a broken connection for one whose client has read the answer", seed: 1) {
            $0.isReceipt = { _ in true }
        },
        telling("gives a write up that the server calls failed, without a look", seed: 14) { $0.lookups = 1 },
        telling("takes a look before the write was sent again for one behind it", seed: 12) { facts in
            if facts.attempts > 1 { facts.lookups = 1 }
        },
    ]
}
