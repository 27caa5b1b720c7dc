import Dispatch
import Foundation
import Mutation
import Synchronization

/// The outcome of a mutant.
enum Fate: Sendable, Equatable {
    case killed(by: String)
    case survived
    /// No test reaches its switch.
    case notReached

    var isKilled: Bool { if case .killed = self { true } else { false } }
}

/// Runs the tests against one mutant after the other, in several strands.
///
/// Only the tests that reach a mutant's switch are run against it. The unit test that killed the last mutant of the
/// same file runs first.
final class Campaign: Sendable {
    private struct State {
        var waiting: ArraySlice<Mutant>
        var fates: [Int: Fate] = [:]
        /// The stage that is to run first against the next mutant of a file: see `killer(_:_:)`.
        var killers: [String: Stage] = [:]
        var failure: (any Error)?
    }

    /// Suites that take less processor time than this, in seconds, run together.
    private static let cheapSeconds = 0.5

    private let baseline: Baseline
    private let program: String
    private let folder: URL
    private let state: Mutex<State>

    init(_ mutants: [Mutant], _ baseline: Baseline, program: String, folder: URL) {
        self.baseline = baseline
        self.program = program
        self.folder = folder
        state = Mutex(State(waiting: mutants[...]))
    }

    /// Runs the tests against every mutant; blocks until the last strand has ended.
    ///
    /// - Parameters:
    ///   - strands: how many mutants run at once.
    ///   - ended: called with each mutant, its fate and the number of mutants that have ended, by one strand at a time.
    /// - Returns: the fates by the mutants' ids.
    /// - Throws: the first error of a strand, after all strands have ended.
    func run(strands: Int, ended: @Sendable (Mutant, Fate, Int) -> Void) throws -> [Int: Fate] {
        DispatchQueue.concurrentPerform(iterations: strands) { strand in
            let runner = TestRunner(program: program, folder: folder.appending(path: "strand\(strand)"))
            while let mutant = state.withLock({ $0.failure == nil ? $0.waiting.popFirst() : nil }) {
                do {
                    let fate = try fate(of: mutant, runner)
                    state.withLock {
                        $0.fates[mutant.id] = fate
                        ended(mutant, fate, $0.fates.count)
                    }
                } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        return try state.withLock {
            if let failure = $0.failure { throw failure }
            return $0.fates
        }
    }

    private func fate(of mutant: Mutant, _ runner: TestRunner) throws -> Fate {
        let stages = stages(for: mutant)
        if stages.isEmpty { return .notReached }
        for (stage, processorSeconds) in stages {
            let result = try runner.run(stage, mutant: mutant.id, usually: processorSeconds)
            if result.isSuccess { continue }
            let test = Campaign.failedTest(result.lines)
            state.withLock { $0.killers[mutant.file] = killer(stage, test) }
            let how =
                if result.isStopped { test ?? "an issue" } else if result.isTimedOut { "time-out" } else {
                    result.exitCode.map { "exit code \($0)" } ?? "a signal"
                }
            return .killed(by: "\(how) (\(stage.name))")
        }
        return .survived
    }

    private func stages(for mutant: Mutant) -> [(Stage, processorSeconds: Double)] {
        let suites = baseline.suites.filter { $0.reached.contains(mutant.id) }
        let cheap = suites.filter { $0.processorSeconds < Campaign.cheapSeconds }
        var stages: [(Stage, processorSeconds: Double)] = []
        if !cheap.isEmpty {
            let together = Stage("unit tests", filter: cheap.flatMap(\.stage.filter))
            stages.append((together, cheap.reduce(0) { $0 + $1.processorSeconds }))
        }
        let dear = suites.filter { $0.processorSeconds >= Campaign.cheapSeconds }
        let simulations = baseline.simulations.filter { $0.reached.contains(mutant.id) }
        stages += (dear + simulations).map { ($0.stage, $0.processorSeconds) }
        if !stages.isEmpty, let killer = state.withLock({ $0.killers[mutant.file] }) {
            stages.insert((killer, 0), at: 0)
        }
        return stages
    }

    /// The stage that is to run first against the next mutant of the file: the unit test that failed; `nil` for a simulated run,
    /// or if no test was named.
    private func killer(_ stage: Stage, _ test: String?) -> Stage? {
        if baseline.simulations.contains(where: { $0.stage == stage }) { return nil }
        return test.map { Stage("the last killer", filter: [$0]) }
    }

    /// The name in the last line of the form `✘ Test "name" recorded an issue …` or `✘ Test name() recorded …`.
    private static func failedTest(_ lines: [String]) -> String? {
        guard let line = lines.last(where: { $0.contains("recorded an issue") }),
            let match = line.firstMatch(of: #/Test (?:"(.+?)"|(\w+)\(.*?\)) recorded an issue/#)
        else { return nil }
        return (match.1 ?? match.2).map(String.init)
    }
}
