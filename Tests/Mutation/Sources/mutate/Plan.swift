/// What is run against a mutant, and what counts as enough.
enum Plan {
    /// Test targets whose suites are run one by one; the cheapest of those that reach a mutant go first.
    static let unitTests = ["ConvoSyncTests", "ConvoStoreTests"]
    static let simulation = "ConvoSimulationTests"
    /// The test that runs seeds.
    static let seedTest = "every promise for every seed"
    /// A suite of the simulation that makes mistakes of its own.
    static let otherMutants = "A mistake in the engine"
    static let seeds = (few: 60, many: 300)
    /// Killed, of those that are not accepted, in percent.
    static let goal = 95.0

    static var testTargets: [String] { unitTests + [simulation] }

    /// The simulated runs, behind the unit tests: few seeds, then the scenarios and more seeds.
    static func simulations(_ options: Options) -> [Stage] {
        let (few, many) = options.seeds
        let first = Stage("\(few) seeds", filter: [seedTest], environment: ["CONVO_SIMULATION_SEEDS": "\(few)"])
        if options.quick { return [first] }
        let scenarios = Stage(
            "the simulation's scenarios", filter: [simulation], skip: [seedTest, otherMutants],
            environment: ["CONVO_SIMULATION_SEEDS": "1"])
        let further = Stage(
            "\(many) seeds", filter: [seedTest],
            environment: ["CONVO_SIMULATION_FIRST": "\(few + 1)", "CONVO_SIMULATION_SEEDS": "\(many - few)"])
        return [first, scenarios, further]
    }
}

/// One run of the test program.
struct Stage: Sendable, Hashable {
    let name: String
    /// Texts that the names of its tests contain, one of them each.
    let filter: [String]
    let skip: [String]
    let environment: [String: String]

    init(_ name: String, filter: [String], skip: [String] = [], environment: [String: String] = [:]) {
        (self.name, self.filter, self.skip, self.environment) = (name, filter, skip, environment)
    }

    var arguments: [String] {
        ["--testing-library", "swift-testing"]
            + filter.flatMap { ["--filter", Stage.pattern($0)] } + skip.flatMap { ["--skip", Stage.pattern($0)] }
    }

    /// The test program takes regular expressions.
    private static func pattern(_ text: String) -> String {
        String(text.flatMap { #"\^$.|?*+()[]{}"#.contains($0) ? ["\\", $0] : [$0] })
    }
}
