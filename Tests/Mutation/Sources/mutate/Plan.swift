/// The tests that run against a mutant, and the score that is good enough.
enum Plan {
    /// Test targets whose suites are run one by one; the cheapest of those that reach a mutant go first.
    static let unitTests = ["ConvoSyncTests", "ConvoStoreTests"]
    static let simulation = "ConvoSimulationTests"
    /// The test that runs seeds.
    static let seedTest = "every promise for every seed"
    /// The simulation's suite that tests its checkers by mistakes in the engine; it does not run against mutants.
    static let otherMutants = "A mistake in the engine"
    static let seeds = (few: 60, many: 300)
    /// The lowest good share of killed mutants among those that are not accepted survivors, in percent.
    static let goal = 95.0

    static var testTargets: [String] { unitTests + [simulation] }

    /// The simulated runs, which follow the unit tests: few seeds, then the scenarios and more seeds.
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
    /// Parts of names: every test runs whose name contains one of them.
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

    /// The text as a regular expression, which the test program wants.
    private static func pattern(_ text: String) -> String {
        String(text.flatMap { #"\^$.|?*+()[]{}"#.contains($0) ? ["\\", $0] : [$0] })
    }
}
