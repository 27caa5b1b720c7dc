import ArgumentParser
import ConvoModel
import ConvoPlatform
import ConvoStore

/// The command line.
@main
struct Convo: ParsableCommand {
    private static let writing: [any NamedVerb.Type] = [
        Start.self, Append.self, Restart.self, Delete.self, Conflict.self,
    ]
    private static let reading: [any NamedVerb.Type] = [
        List.self, Get.self, Show.self, History.self, Messages.self, Search.self, Tree.self,
    ]
    private static let chatting: [any NamedVerb.Type] = [Chat.self]
    private static let exporting: [any NamedVerb.Type] = [Export.self, Import.self]
    private static let labelling: [any NamedVerb.Type] = [Rename.self, TagCommand.self, Tags.self]
    private static let delivering: [any NamedVerb.Type] = [Sync.self, Status.self, Doctor.self]
    private static let serving: [any NamedVerb.Type] = [MCPCommand.self]
    private static let configuring: [any NamedVerb.Type] = [Login.self]

    static let configuration = CommandConfiguration(
        commandName: "convo",
        abstract: "Your conversations with Mistral's API, kept on your own disk: read, search and write them offline.",
        discussion: """
            Every verb that reads or writes works with no network, no daemon and no API key; what is written is \
            delivered by convod, or by `convo sync`.
            """,
        version: ConvoVersion.current,
        groupedSubcommands: [
            CommandGroup(name: "Chatting", subcommands: chatting),
            CommandGroup(name: "Writing", subcommands: writing),
            CommandGroup(name: "Reading", subcommands: reading),
            CommandGroup(name: "Labelling", subcommands: labelling),
            CommandGroup(name: "Exporting", subcommands: exporting),
            CommandGroup(
                name: "Delivering",
                subcommands: [Outbox.self, Files.self] + delivering + [
                    AccountCommand.self, ServiceCommand.self, EndpointCommand.self,
                ]),
            CommandGroup(name: "Keeping", subcommands: [Backup.self]),
            CommandGroup(name: "Serving agents", subcommands: serving),
            CommandGroup(name: "Configuring", subcommands: configuring + [Config.self]),
        ])

    static func main() async {
        // Where the reader of standard output goes away, `write` then fails; the signal would end the process.
        signal(SIGPIPE, SIG_IGN)
        Store.configureProcess()
        let given = Array(CommandLine.arguments.dropFirst())
        do {
            try Arguments.check()
            if let verb = plainVerb(given) { return try await verb.perform() }
            let arguments = DashedTexts.separated(given)
            if let verb = verb(arguments) { return try await verb.perform() }
            HelpText.keepLeastWidth()
            var command = try parseAsRoot(arguments)
            if let verb = command as? any Verb { try await verb.perform() } else { try command.run() }
        } catch {
            CommandResult(of: error, arguments: DashedTexts.separated(given)).happen()
        }
    }

    /// Makes a verb of arguments that need no parser.
    ///
    /// - Parameter arguments: the process's arguments without its name.
    /// - Returns: the verb; `nil` where the parser must read the arguments.
    static func plainVerb(_ arguments: [String]) -> (any Verb)? {
        guard let type = arguments.first.flatMap(verb(named:)) else { return nil }
        return PlainArguments(Array(arguments.dropFirst())).flatMap { type.reading($0) }
    }

    /// Parses the arguments of the verb whose name comes first, without the other verbs.
    ///
    /// This exists for speed: making the whole tree of verbs takes longer than reading the database. For the same
    /// reason there is no dynamic cast to a protocol in it, for which the runtime would search all conformances of the
    /// process.
    ///
    /// - Parameter arguments: the process's arguments without its name.
    /// - Returns: the verb; `nil` where the whole tree must parse the arguments: a verb with subcommands, help, an
    ///   error.
    static func verb(_ arguments: [String]) -> (any Verb)? {
        arguments.first.flatMap(verb(named:))?.reading(Array(arguments.dropFirst()))
    }

    private static func verb(named name: String) -> (any NamedVerb.Type)? {
        for verbs in [reading, writing, delivering, exporting, labelling, chatting, configuring, serving] {
            for verb in verbs where verb.name == name { return verb }
        }
        return nil
    }
}
