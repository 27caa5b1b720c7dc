import ArgumentParser
import ConvoTerminal

/// A word in a verb's place that is none, and the verb that was perhaps meant.
struct MistypedVerb: Equatable {
    let word: String
    /// The verbs before it, such as `outbox`; empty for `convo` itself.
    let parents: [String]
    let suggestion: String?

    /// Finds the word among the process's arguments, without its name; the parser itself would report the arguments that
    /// follow it.
    ///
    /// `nil` where each word in a verb's place is a verb. A word behind a verb that takes arguments of its own (`convo files
    /// CONVERSATION`) counts only where it is near one.
    init?(in arguments: [String]) {
        var command: any ParsableCommand.Type = Convo.self
        var parents: [String] = []
        for argument in arguments where argument != "--json" {
            let verbs = MistypedVerb.verbs(of: command)
            guard !verbs.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return nil }
            if let next = verbs.first(where: { $0._commandName == argument }) {
                parents.append(argument)
                command = next
                continue
            }
            let suggestion = Suggestion.nearest(to: argument, among: verbs.map { $0._commandName })
            guard suggestion != nil || parents.isEmpty else { return nil }
            self.init(word: argument, parents: parents, suggestion: suggestion)
            return
        }
        return nil
    }

    init(word: String, parents: [String], suggestion: String?) {
        self.word = word
        self.parents = parents
        self.suggestion = suggestion
    }

    private static func verbs(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let configuration = command.configuration
        return configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
    }

    private var path: String { (["convo"] + parents).joined(separator: " ") }

    var message: String { "There is no command \"\((parents + [String(word.prefix(40))]).joined(separator: " "))\"." }

    var hint: String {
        guard let suggestion else { return "Run `\(path) --help` to see what there is." }
        return "Did you mean `\(path) \(suggestion)`? `\(path) --help` shows what there is."
    }
}
