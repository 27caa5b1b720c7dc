import ArgumentParser

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
    /// A verb's configuration. It says its name: deriving one from the type's takes long. It says whose verb it is:
    /// the parser looks for requests of completion scripts in vain else.
    static func verb(_ name: String, abstract: String, discussion: String = "") -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "convo", abstract: abstract, discussion: discussion)
    }
}
