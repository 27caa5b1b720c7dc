import ArgumentParser

extension Convo {
    /// The command that the arguments ask for.
    ///
    /// A verb's own arguments are read without the others'. The whole tree, which takes longer than to read the
    /// database, is made only where that was not enough: for help, for a completion script, and to say what is wrong.
    ///
    /// - Throws: what the whole tree throws.
    static func command(_ arguments: [String]) throws -> any ParsableCommand {
        if let verb = verb(arguments.first), let command = try? verb.parseAsRoot(Array(arguments.dropFirst())),
            type(of: command) == verb
        {
            return command
        }
        return try parseAsRoot(arguments)
    }

    /// The verb of that name, if it has none below it.
    private static func verb(_ name: String?) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { verb in
            verb.configuration.commandName == name && verb.configuration.subcommands.isEmpty
        }
    }
}

extension CommandConfiguration {
    /// A verb's configuration. It says its name: deriving one from the type's takes long. It says whose verb it is:
    /// the parser looks for requests of completion scripts in vain else.
    static func verb(_ name: String, abstract: String, discussion: String = "") -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "convo", abstract: abstract, discussion: discussion)
    }
}
