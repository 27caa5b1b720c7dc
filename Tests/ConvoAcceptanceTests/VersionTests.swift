import ConvoModel
import Foundation
import Testing

@Suite struct `The version` {
    @Test(arguments: ["convo", "convod", "convo-sandbox"])
    func `is the same in each program`(program: String) async throws {
        let user = try UserFolder()
        let outcome = try await user.start(program, ["--version"]).end()
        #expect(outcome.exitCode == 0 && outcome.output == ConvoVersion.current + "\n", "\(outcome.errors)")
    }

    /// The script reads a source file; so a change of that file's form must not go unnoticed until the next release.
    @Test func `is the one that packages are given`() throws {
        let process = Process()
        process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/version")
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && printed == Data((ConvoVersion.current + "\n").utf8))
    }
}
