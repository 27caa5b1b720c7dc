import ConvoApp

/// A command line that a shell asks completions for, as far as they depend on what stands on it.
struct CompletionLine: Equatable {
    /// The options that take a value, of all verbs; a test compares them with the parser's own.
    static let valueOptions: Set<String> = [
        "--agent", "--agent-version", "--completion-args", "--config", "--confirm", "--database", "--description",
        "--for", "--format", "--from", "--function-result", "--guardrails", "--handoff-execution", "--inputs",
        "--instructions",
        "--keep", "--limit", "--lines", "--metadata", "--model", "--name", "--output", "--profile", "--remove",
        "--search",
        "--server-url",
        "--since", "--sort", "--state", "--tail", "--to", "--tools", "-n", "-o",
    ]
    /// The verbs that have verbs of their own.
    private static let parents: Set<String> = ["account", "backup", "config", "files", "outbox", "service"]

    /// The options that say which database is meant.
    private(set) var overrides = (config: String?.none, profile: String?.none, database: String?.none)
    /// The arguments behind the verb, without options.
    private(set) var positionals: [String] = []

    /// Reads a line.
    ///
    /// - Parameters:
    ///   - words: the words of the line, the program's name first, as the shell passes them.
    ///   - index: the word that is completed, and does not count.
    init(_ words: [String], completing index: Int) {
        var rest = words.enumerated().filter { $0.offset != index && $0.offset > 0 }.map(\.element)[...]
        var isVerbRead = false
        var isParent = false
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                if !isVerbRead {
                    isVerbRead = true
                    isParent = CompletionLine.parents.contains(word)
                } else {
                    positionals.append(word)
                }
                continue
            }
            guard let equals = word.firstIndex(of: "=") else {
                guard CompletionLine.valueOptions.contains(word) else { continue }
                if rest.first == "=" { rest.removeFirst() }  // bash cuts a word there
                note(word, rest.popFirst())
                continue
            }
            note(String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        if isParent, !positionals.isEmpty { positionals.removeFirst() }
    }

    private mutating func note(_ option: String, _ value: String?) {
        switch option {
        case "--config": overrides.config = value
        case "--profile": overrides.profile = value
        case "--database": overrides.database = value
        default: break
        }
    }

    /// The settings' flags.
    var settingOverrides: Overrides {
        Overrides(
            config: overrides.config, [.defaultProfile: overrides.profile, .database: overrides.database])
    }

    static func == (one: CompletionLine, other: CompletionLine) -> Bool {
        one.overrides == other.overrides && one.positionals == other.positionals
    }
}
