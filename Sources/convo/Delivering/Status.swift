import ArgumentParser
import ConvoApp
import ConvoModel
import ConvoStore

struct Status: Verb {
    static let configuration = CommandConfiguration.verb(
        "status", abstract: "What is held, what waits, how stale it is.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let store = try Store(path: settings.database)
        let report = StatusReport(
            profile: settings.profile, database: settings.database, server: settings.serverURL.description,
            status: try store.status(), setAside: try store.setAside(),
            daemon: FileLock.holder(of: .daemon, beside: settings.database))
        try common.console.print(json: report.json) { report.lines($0) }
    }
}
