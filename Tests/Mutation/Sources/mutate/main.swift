import Foundation
import Mutation

/// Prints a line without buffering, also if the output is a file.
@Sendable func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Makes every mutant of the rules as a switch of one build, and runs the tests against each.
func run() throws -> Bool {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    let workspace = try Workspace(repository: URL(filePath: FileManager.default.currentDirectoryPath))
    let files = try workspace.mutableFiles(options)
    let begun = Date()
    func say(_ text: String) { show("\(Int(Date().timeIntervalSince(begun))) s: \(text)") }

    let accepted = try AcceptedSurvivors(try workspace.read("Tests/Mutation/equivalent.txt"))
    if options.list {
        let mutants = try files.flatMap { MutatedSource(try workspace.read($0), file: $0).mutants }
        for mutant in options.chosen(from: mutants, workspace) { show(mutant.line(of: accepted)) }
        return true
    }
    try FileManager.default.createDirectory(at: workspace.folder, withIntermediateDirectories: true)
    let build = try MutantBuild(files, in: workspace, say: say)
    let folder = workspace.folder.appending(path: "runs")
    let runner = TestRunner(program: build.program, folder: folder.appending(path: "baseline"))
    let baseline = try Baseline(build, runner, options, say: say)
    let mutants = options.chosen(from: build.mutants, workspace)
    let campaign = Campaign(mutants, baseline, program: build.program, folder: folder)
    let fates = try campaign.run(strands: options.strands) { mutant, fate, number in
        let end =
            switch fate {
            case .killed(let by): "killed by \(by)"
            case .survived: "LIVES"
            case .notReached: "LIVES, no test comes by it"
            }
        show("[\(number)/\(mutants.count)] \(mutant.line(of: accepted)): \(end)")
    }
    try options.remember(mutants.filter { fates[$0.id]?.isKilled == false }, workspace)
    let report = Report(
        mutants, fates, accepted, isWhole: mutants.count == build.mutants.count && options.files.isEmpty)
    say("the end")
    show(report.text)
    return report.isGood
}

extension Mutant {
    func line(of accepted: AcceptedSurvivors) -> String {
        "\(place) \(change.rawValue): \(original) → \(mutated)"
            + (accepted.entry(for: self) == nil ? "" : " (accepted)")
    }
}

extension Options {
    func chosen(from mutants: [Mutant], _ workspace: Workspace) -> [Mutant] {
        var chosen = mutants
        if survivors {
            // Without the file, no mutant is known to live.
            let text = (try? String(contentsOf: Options.file(workspace), encoding: .utf8)) ?? ""
            let keys = Set(text.split(separator: "\n").map(String.init))
            chosen = chosen.filter { keys.contains($0.key) }
        }
        if !only.isEmpty {
            chosen = chosen.filter { mutant in
                let line = "\(mutant.place) \(mutant.change.rawValue): \(mutant.original) → \(mutant.mutated)"
                return only.contains { line.contains($0) }
            }
        }
        guard let sample, sample < chosen.count else { return chosen }
        return (0..<sample).map { chosen[$0 * chosen.count / sample] }
    }

    func remember(_ living: [Mutant], _ workspace: Workspace) throws {
        try Data(living.map(\.key).joined(separator: "\n").utf8).write(to: Options.file(workspace))
    }

    private static func file(_ workspace: Workspace) -> URL { workspace.folder.appending(path: "survivors.txt") }
}

do {
    exit(try run() ? 0 : 1)
} catch {
    show("\(error)")
    exit(2)
}
