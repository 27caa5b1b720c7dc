import ArgumentParser
import ConvoApp
import ConvoStore
import ConvoSync

/// What every verb takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The settings below [profile.NAME] in the config file.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The database file.", valueName: "path"))
    var database: String?

    @Option(name: .customLong("server-url"), help: ArgumentHelp("The API's server.", valueName: "url"))
    var serverURL: String?

    @Option(help: ArgumentHelp("The config file.", valueName: "path"))
    var config: String?

    @Flag(help: "Print one JSON document, and errors as JSON.")
    var json = false

    func settings() throws -> Settings {
        try Settings(
            overrides: Overrides(config: config, profile: profile, database: database, serverURL: serverURL),
            in: .ofThisProcess())
    }

    func store() throws -> Store { try Store(path: settings().database) }

    /// What needs a server, and thereby a key.
    func engine(for store: Store) throws -> SyncEngine {
        try SyncEngine(settings: settings(), environment: .ofThisProcess(), store: store)
    }

    var console: Console { Console(asJSON: json) }
}
