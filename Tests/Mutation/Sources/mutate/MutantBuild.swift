import Foundation
import Mutation

/// The test program with all mutants that compile.
struct MutantBuild {
    /// The most builds; before each but the first, the mutants that did not compile are taken out.
    private static let roundLimit = 25

    let mutants: [Mutant]
    let program: String

    /// Builds until everything compiles, and blocks until then; each round is a build of the whole copy.
    ///
    /// - Parameters:
    ///   - files: the sources to mutate, by their path from the repository's root.
    ///   - workspace: the copy of the repository that is built.
    ///   - say: called with each message on the progress.
    /// - Throws: ``WorkspaceError`` if an error of the compiler lies at no mutant, or after too many rounds; an error
    ///   of Foundation if a file cannot be read or written.
    init(_ files: [String], in workspace: Workspace, say: (String) -> Void) throws {
        let whole = try MutantBuild.sources(of: files, in: workspace, left: [])
        var left = Uncompilable(workspace, whole.sources)
        for round in 1...MutantBuild.roundLimit {
            let (mutants, sources, all) = try MutantBuild.sources(of: files, in: workspace, left: left.keys)
            try workspace.copy(changed: sources)
            say("building \(mutants.count) mutants, round \(round)")
            let build = try Subprocess.run(MutantBuild.build, in: workspace.tree.path)
            if build.isSuccess {
                self.mutants = mutants
                program = try MutantBuild.testProgram(workspace)
                return
            }
            let culprits = MutantBuild.culprits(build.lines, sources, all, workspace)
            guard !culprits.isEmpty else {
                throw WorkspaceError(description: build.lines.suffix(60).joined(separator: "\n"))
            }
            say("\(culprits.count) mutants do not compile")
            try left.add(all.filter { culprits.contains($0.id) })
        }
        throw WorkspaceError(description: "it does not compile after \(MutantBuild.roundLimit) rounds")
    }

    private static let build = [
        "/usr/bin/env", "swift", "build", "-c", "release", "-Xswiftc", "-enable-testing", "-Xswiftc",
        "-continue-building-after-errors",
        "--build-tests",
    ]

    private static func sources(
        of files: [String], in workspace: Workspace, left: Set<String>
    ) throws -> (mutants: [Mutant], sources: [String: String], all: [Mutant]) {
        var (mutants, all, sources): ([Mutant], [Mutant], [String: String]) = ([], [], [:])
        var next = 1
        for file in files {
            let text = try workspace.read(file)
            let whole = MutatedSource(text, file: file, firstID: next)
            let out = Set(whole.mutants.filter { left.contains($0.key) }.map(\.id))
            let mutated = MutatedSource(text, file: file, firstID: next, leavingOut: out)
            (mutants, all, next) = (mutants + mutated.mutants, all + whole.mutants, mutated.nextID)
            sources[file] = mutated.text
        }
        let targets = Set(files.compactMap { $0.split(separator: "/").dropFirst().first.map(String.init) })
        sources["Package.swift"] =
            ScratchManifest(try workspace.read("Package.swift"), roots: Plan.testTargets, mutated: targets).text
        for (path, text) in SwitchModule.files(capacity: next) { sources["\(MutatedSource.module)/\(path)"] = text }
        return (mutants, sources, all)
    }

    /// The ids of the mutants that the compiler's errors are due to.
    ///
    /// Where the smallest piece of a source with an error in it has mutants that drop a statement or end a loop, only
    /// those are returned: such an error is usually about a missing value or a missing way out.
    private static func culprits(
        _ output: [String], _ sources: [String: String], _ all: [Mutant], _ workspace: Workspace
    ) -> Set<Int> {
        let flow = Set(all.filter { [.statementDropped, .loopEnded].contains($0.change) }.map(\.id))
        var found: Set<Int> = []
        for diagnostic in Set(output.compactMap { Culprits.Diagnostic($0) }) {
            guard diagnostic.file.hasPrefix(workspace.tree.path + "/"),
                let text = sources[String(diagnostic.file.dropFirst(workspace.tree.path.count + 1))]
            else { continue }
            let ids = Culprits.ids(in: text, line: diagnostic.line, column: diagnostic.column)
            found.formUnion(ids.isDisjoint(with: flow) ? ids : ids.intersection(flow))
        }
        return found
    }

    private static func testProgram(_ workspace: Workspace) throws -> String {
        let release = workspace.tree.appending(path: ".build/release")
        let names = try FileManager.default.contentsOfDirectory(atPath: release.path)
        guard let name = names.first(where: { $0.hasSuffix(".xctest") }) else {
            throw WorkspaceError(description: "the build made no test program")
        }
        return release.appending(path: name).path
    }
}

/// Mutants that did not compile, remembered until a source or an operator changes.
private struct Uncompilable {
    private let file: URL
    private let fingerprint: String
    private(set) var keys: Set<String> = []

    /// Reads what an earlier run has remembered for the same sources.
    ///
    /// - Parameters:
    ///   - workspace: the workspace in whose folder the file lies.
    ///   - sources: the texts by their path, with every mutant in them.
    init(_ workspace: Workspace, _ sources: [String: String]) {
        file = workspace.folder.appending(path: "uncompilable.txt")
        fingerprint = Uncompilable.fingerprint(sources)
        // Without the file, no mutant is known not to compile.
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        if lines.first == fingerprint { keys = Set(lines.dropFirst()) }
    }

    /// The FNV-1a hash of the sources' paths and texts.
    private static func fingerprint(_ sources: [String: String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for (path, text) in sources.sorted(by: { $0.key < $1.key }) {
            for byte in (path + text).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }

    mutating func add(_ mutants: [Mutant]) throws {
        keys.formUnion(mutants.map(\.key))
        try Data(([fingerprint] + keys.sorted()).joined(separator: "\n").utf8).write(to: file)
    }
}
