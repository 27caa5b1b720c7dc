import ArgumentParser
import ConvoApp
import ConvoStore
import ConvoSync
import ConvoTerminal
import Synchronization

/// A command of `convo`, such as `convo list`.
protocol Verb: ParsableCommand {
    /// Makes the verb of arguments that need no parser; `nil` where only the parser can tell what they are.
    static func taking(_ given: PlainArguments) -> Self?

    /// Runs the command with the arguments that were parsed into it.
    func perform() async throws
}

/// A verb that is no other one's part: `convo list`, not `convo outbox list`.
protocol NamedVerb: Verb {
    /// The verb as a person types it.
    static var name: String { get }
}

extension Verb {
    /// Runs a command that does not need `async`.
    func perform() async throws {
        var command = self
        try command.run()
    }

    static func taking(_ given: PlainArguments) -> Self? { nil }

    /// Reads the arguments of this verb alone.
    ///
    /// - Parameter arguments: the arguments behind the verb's name.
    /// - Returns: the verb; `nil` for help, for a completion script and for arguments that are wrong, which the whole
    ///   tree of verbs must parse.
    static func reading(_ arguments: [String]) -> Self? {
        (try? parseAsRoot(arguments)) as? Self
    }

    /// Makes the verb of arguments that need no parser; `nil` where they do, or are wrong.
    static func reading(_ given: PlainArguments) -> Self? {
        guard var verb = taking(given), (try? verb.validate()) != nil else { return nil }
        return verb
    }
}

extension CommandConfiguration {
    /// A verb's configuration, made so that the parser starts quickly.
    ///
    /// It states the verb's name, because the parser takes long to derive one from the type's, and the command that the
    /// verb belongs to, because the parser would otherwise look for requests of completion scripts.
    static func verb(_ name: String, abstract: String, discussion: String = "") -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "convo", abstract: abstract, discussion: discussion)
    }
}

/// The options that every verb takes.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The settings below [profile.NAME] in the config file.", valueName: "name"),
        completion: .profile)
    var profile: String?

    @Option(help: ArgumentHelp("The database file.", valueName: "path"), completion: .file())
    var database: String?

    @Option(name: .customLong("server-url"), help: ArgumentHelp("The API's server.", valueName: "url"))
    var serverURL: String?

    @Option(help: ArgumentHelp("The config file.", valueName: "path"), completion: .file(extensions: ["toml"]))
    var config: String?

    @Flag(help: "Print one JSON document, and errors as JSON.")
    var json = false

    var overrides: Overrides {
        Overrides(config: config, [.defaultProfile: profile, .database: database, .serverURL: serverURL])
    }

    func settings() throws -> Settings { try Settings(overrides: overrides, in: .ofThisProcess()) }

    func store() throws -> Store { try store(settings()) }

    /// Opens the database; says so once where a large one of an older version is brought up to date.
    func store(_ settings: Settings, cacheKilobytes: Int = StoreDependencies.live.cacheKilobytes) throws -> Store {
        let console = console
        let steps = Mutex(0)
        var environment = StoreDependencies.live
        environment.cacheKilobytes = cacheKilobytes
        if !console.asJSON {
            environment.isUpgrading = {
                let count = steps.withLock { count in
                    count += 1
                    return count
                }
                guard count == 3 else { return }  // a small one is done in two
                try? console.note("Bringing the database up to date, once: other programs will be able to read it…")
            }
        }
        return try Store(path: settings.database, environment: environment)
    }

    /// Makes a sync engine; unlike the store it needs the API key.
    func engine(for store: Store) throws -> SyncEngine {
        try SyncEngine(settings: settings(), environment: .ofThisProcess(), store: store)
    }

    var console: Console { Console(asJSON: json) }
}

extension CommonOptions {
    static func taking(_ given: PlainArguments) -> CommonOptions {
        var options = CommonOptions()
        (options.profile, options.database, options.serverURL) = (nil, given.database, nil)
        (options.config, options.json) = (nil, given.isJSON)
        return options
    }
}

/// Checks of the process's arguments.
enum Arguments {
    /// Refuses arguments that are not UTF-8, because Swift replaces the wrong bytes and would change a message.
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

    /// The verbs that print lists in the form that `--output` names; other verbs' `--output` is a path.
    private static let lists: Set<String> = ["list", "search", "outbox", "endpoint"]

    /// Whether the arguments ask for JSON, so that errors are JSON, too.
    static func askForJSON(_ arguments: [String]) -> Bool {
        let options = arguments.prefix { $0 != "--" }
        if options.contains("--json") { return true }
        guard let verb = options.first, lists.contains(verb) || options.starts(with: ["files", "list"]) else {
            return false
        }
        return options.indices.contains { place in
            let isName = ["-o", "--output"].contains(options[place])
            let value = isName ? options.dropFirst(place + 1).first : nil
            return ["json", "jsonl"].contains { (form: String) in
                value == form || options[place] == "--output=\(form)" || options[place] == "-o=\(form)"
            }
        }
    }
}

/// The help of arguments that several verbs have.
///
/// Each verb declares such an argument itself rather than in a group of options: for a group the parser makes five
/// dynamic casts, and for each the runtime searches all protocol conformances of the process.
extension ArgumentHelp {
    static let conversation: ArgumentHelp =
        "Its reference (`convo list`), another beginning of its ids, or @ for the last one used."
    static let operation: ArgumentHelp = "Its reference (`convo outbox`), or another beginning of its id."
    static let yes: ArgumentHelp = "Don't ask; scripts are never asked."
    static let quiet: ArgumentHelp = "Print only the id, if there is one."
}
