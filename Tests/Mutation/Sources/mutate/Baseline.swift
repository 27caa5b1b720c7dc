import Foundation
import Mutation

/// A run of the tests without a mutant: all of them pass; their time and the switches that they reach are recorded.
struct Baseline {
    struct Measured {
        let stage: Stage
        let processorSeconds: Double
        let reached: Set<Int>
    }

    /// The suites of unit tests, those with the least processor time first.
    let suites: [Measured]
    let simulations: [Measured]

    init(_ build: MutantBuild, _ runner: TestRunner, _ options: Options, say: (String) -> Void) throws {
        let listed = try Subprocess.run([build.program, "--testing-library", "swift-testing", "--list-tests"])
        let names = listed.lines.compactMap { line -> String? in
            guard let target = Plan.unitTests.first(where: { line.hasPrefix($0 + ".") }), line.contains("/") else {
                return nil
            }
            let suite = line.split(separator: "/").first.map(String.init) ?? line
            return suite.count > target.count ? suite : nil
        }
        guard !names.isEmpty else { throw WorkspaceError(description: "no test was found in \(build.program)") }
        let stages = Set(names).sorted().map { Stage($0, filter: [$0 + "/"]) }
        suites = try stages.map { try Baseline.measure($0, runner) }
            .sorted { $0.processorSeconds < $1.processorSeconds }
        say("\(suites.count) suites of unit tests: \(Int(suites.reduce(0) { $0 + $1.processorSeconds })) s")
        simulations = try Plan.simulations(options).map { stage in
            let measured = try Baseline.measure(stage, runner)
            say("\(stage.name): \(Int(measured.processorSeconds)) s")
            return measured
        }
    }

    private static func measure(_ stage: Stage, _ runner: TestRunner) throws -> Measured {
        let (result, reached) = try runner.record(stage)
        guard result.isSuccess else {
            let last = result.lines.filter { $0.contains("✘") }.prefix(10).joined(separator: "\n")
            throw WorkspaceError(description: "\(stage.name) fails without a mutant:\n\(last)")
        }
        return Measured(stage: stage, processorSeconds: result.processorSeconds, reached: reached)
    }
}

/// Starts the test program.
struct TestRunner: Sendable {
    /// How many times as much processor time as the original a mutant may take.
    private static let patience = 6.0
    private static let leastSeconds = 10.0
    /// The limit of a run in real time, as a multiple of that in processor time.
    ///
    /// A test that waits for something that never comes takes no processor time; on a busy machine a test takes longer.
    private static let longestWaitFactor = 6.0
    private static let kilobytes = 8_000_000

    let program: String
    /// The folder for the temporary files of one strand's tests; removed after each run.
    let folder: URL

    func run(_ stage: Stage, mutant: Int, usually processorSeconds: Double) throws -> Subprocess.Result {
        let allowed = max(TestRunner.leastSeconds, processorSeconds * TestRunner.patience)
        let limits = Subprocess.Limits(
            seconds: allowed * TestRunner.longestWaitFactor, processorSeconds: Int(allowed),
            kilobytes: TestRunner.kilobytes)
        return try start(stage, ["MUTANT": "\(mutant)"], limits) {
            $0.contains("✘") && $0.contains("recorded an issue")
        }
    }

    func record(_ stage: Stage) throws -> (Subprocess.Result, reached: Set<Int>) {
        let file = folder.appendingPathExtension("reached")
        let result = try start(stage, ["MUTANTS_REACHED": file.path], Subprocess.Limits()) { _ in false }
        let bytes = result.isSuccess ? try Data(contentsOf: file) : Data()
        return (result, Set(bytes.indices.filter { bytes[$0] != 0 }))
    }

    private func start(
        _ stage: Stage, _ environment: [String: String], _ limits: Subprocess.Limits, stopAt: (String) -> Bool
    ) throws -> Subprocess.Result {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // if it fails, the next run removes the folder
        var all = environment.merging(stage.environment) { $1 }
        all["TMPDIR"] = folder.path
        all["SWIFT_BACKTRACE"] = "enable=no"  // a backtrace takes longer than the tests
        return try Subprocess.run([program] + stage.arguments, environment: all, limits: limits, stopAt: stopAt)
    }
}
