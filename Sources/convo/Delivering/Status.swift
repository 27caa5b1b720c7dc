import ArgumentParser
import ConvoConfiguration
import ConvoModel
import ConvoStore

struct Status: Verb {
    static let configuration = CommandConfiguration.verb(
        "status", abstract: "What is held, what waits, how stale it is.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let status = try Store(path: settings.database).status()
        let standing = Standing(
            database: settings.database, server: settings.serverURL.description, status: status,
            daemon: FileLock.holder(of: .daemon, beside: settings.database))
        try common.console.print(json: standing.json) { standing.lines($0) }
    }
}
