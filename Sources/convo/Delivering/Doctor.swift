import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoStore
import ConvoTerminal

struct Doctor: Verb {
    static let configuration = CommandConfiguration.verb(
        "doctor",
        abstract: "Checks what Convo depends on: settings, database, key, server.")

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let report = try await common.console.whileWaiting(for: "the server") {
            await DoctorReport.make { try common.settings() }
        }
        try common.console.print(json: report.json) { report.lines($0) }
        if let failure = report.findings.compactMap(\.failure).first { throw failure }
    }
}
