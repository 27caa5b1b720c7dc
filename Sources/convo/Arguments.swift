import ArgumentParser
import ConvoTerminal

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
