import ArgumentParser
import ConvoApp
import ConvoStore
import ConvoSync
import ConvoTerminal

/// What `convo` does when it is called with a name.
protocol Verb: ParsableCommand {
    /// Does what was asked for.
    func perform() async throws
}

extension Verb {
    /// Waits for nothing, unless the verb says otherwise.
    func perform() async throws {
        var command = self
        try command.run()
    }

    /// The verb with its arguments, read without the other verbs'; `nil` where that is not enough: for help, for a
    /// completion script, and where something is wrong.
    static func reading(_ arguments: [String]) -> Self? {
        (try? parseAsRoot(arguments)) as? Self
    }
}

extension CommandConfiguration {
    /// A verb's configuration. It states the verb's name, because the parser takes long to derive one from the type's, and
    /// the command that the verb belongs to, because the parser would otherwise look for requests of completion scripts.
    static func verb(_ name: String, abstract: String, discussion: String = "") -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "convo", abstract: abstract, discussion: discussion)
    }
}

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

/// What the process was started with.
enum Arguments {
    /// Swift repairs what is no UTF-8, and a message would be another one than was written.
    ///
    /// - Throws: ``CLIError`` naming the first such argument.
    static func check() throws(CLIError) {
        for number in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[number], String(validatingCString: argument) == nil else {
                continue
            }
            throw CLIError(
                .usage, code: "not_utf8", message: "Argument \(number) is not UTF-8 text.",
                hint: "Convert it, for example with iconv; a long text is better read from a file with -.")
        }
    }

    /// The verb that there is none of, where that is what is wrong; the parser would complain of what follows it.
    static func unknownVerb(in arguments: [String]) -> String? {
        let configuration = Convo.configuration
        let verbs = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
        guard let first = arguments.first(where: { $0 != "--json" }), !first.hasPrefix("-"), first != "help",
            !verbs.contains(where: { $0._commandName == first })
        else { return nil }
        return first
    }
}

/// What a verb is about. An argument of its own in each verb, not a group: the parser asks the runtime five questions
/// about a group, each of them a walk through all conformances that there are.
extension ArgumentHelp {
    static let conversation: ArgumentHelp =
        "Its local id or its id on the server, or a beginning of one that no other shares."
    static let operation: ArgumentHelp = "Its id (`convo outbox`), or a beginning of it that no other shares."
}
