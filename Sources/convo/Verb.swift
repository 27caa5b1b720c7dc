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
    /// A verb's configuration. It states the verb's name, because the parser takes long to derive one from the type's, and
    /// the command that the verb belongs to, because the parser would otherwise look for requests of completion scripts.
    static func verb(_ name: String, abstract: String, discussion: String = "") -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "convo", abstract: abstract, discussion: discussion)
    }
}
