import ArgumentParser
import ConvoAPI
import ConvoConfiguration
import ConvoStore
import ConvoTerminal
import ConvoWiring

struct Doctor: Verb {
    static let configuration = CommandConfiguration.verb(
        "doctor",
        abstract: "Checks what Convo depends on: settings, database, key, server.")

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let examination = try await common.console.whileWaiting(for: "the server") {
            await Examination.make { try common.settings() }
        }
        try common.console.print(json: examination.json) { examination.lines($0) }
        if let failure = examination.findings.compactMap(\.failure).first { throw failure }
    }
}
