import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoStore
import ConvoSync

struct AccountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Whose this database is: which server, which account.",
        subcommands: [Show.self, Adopt.self], defaultSubcommand: Show.self)

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "The server and the account that it belongs to.",
            discussion: "It needs no server: the database remembers.".withExamples(
                "convo account",
                "convo account --profile work"))

        @OptionGroup var common: CommonOptions

        func run() throws {
            let settings = try common.settings()
            let report = AccountReport(settings, owner: try common.store(settings).owner())
            try common.console.print(json: report.json) { report.lines($0) }
        }
    }

    struct Adopt: Verb {
        static let configuration = CommandConfiguration(
            commandName: "adopt",
            abstract: "Gives the database to the server and the account that the settings name now.",
            discussion: "What is not delivered is held: it was written for the account before. It asks the server."
                .withExamples(
                    "convo account adopt"))

        @Flag(name: .shortAndLong, help: .yes) var yes = false
        @OptionGroup var common: CommonOptions

        func perform() async throws {
            let settings = try common.settings()
            let store = try common.store(settings)
            let before = try store.owner()
            try Confirmation.require(
                "Give \(settings.database), which belongs to \(before.words), to the account of the present key?",
                isGiven: yes, common.console)
            let engine = try common.engine(for: store)
            let (owner, held) = try await common.console.whileWaiting(for: "the server") {
                try await engine.adoptAccount()
            }
            let report = AccountReport(settings, owner: owner, heldCount: held)
            try common.console.print(json: report.json) { report.lines($0) }
        }
    }
}

extension AccountReport {
    fileprivate init(_ settings: Settings, owner: StoreOwner, heldCount: Int? = nil) {
        self.init(
            profile: settings.profile, database: settings.database, serverURL: settings.serverURL.description,
            owner: owner, heldCount: heldCount)
    }
}
