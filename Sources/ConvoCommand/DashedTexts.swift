/// Tells texts that begin with a dash from options, before the parser reads the arguments.
///
/// `"- buy milk"` is a text because of its blank, which no option has before its `=`; and `-milk` excludes a word from
/// a search. The parser would report both as unknown options. So these texts, and all other arguments that are not
/// options, are moved behind `--`, in their order.
enum DashedTexts {
    /// The verbs that take texts; the words of a query may begin with a dash even where they contain no blank.
    private static let verbs = [["start"], ["append"], ["restart"], ["outbox", "edit"], ["search"], ["list"]]

    /// Every option of these verbs; `true` for those that take a value.
    ///
    /// A test compares the table with the parser's own.
    static let options: [String: Bool] = [
        "--agent": true, "--agent-version": true, "--branch": false, "--completion-args": true, "--config": true,
        "--confirm": true, "--database": true, "--deleted": false, "--description": true, "--from": true,
        "--function-result": true, "--guardrails": true, "--handoff-execution": true, "--help": false, "--inputs": true,
        "--instructions": true, "--json": false, "--limit": true, "--metadata": true, "--model": true, "--name": true,
        "--no-store": false, "--output": true, "--pending": false, "--profile": true, "--quiet": false,
        "--server-url": true, "--since": true, "--sort": true, "--store": false, "--stream": false, "--tools": true,
        "--version": false, "--wait": false, "-h": false, "-o": true, "-q": false,
    ]
    /// The parser's own options, which it accepts for every verb.
    private static let hidden = [
        "-help", "--help-hidden", "-help-hidden", "--generate-completion-script", "--experimental-dump-help",
    ]

    /// The arguments in an order in which the parser takes texts with a dash for texts; unchanged where there are none.
    static func separated(_ arguments: [String]) -> [String] {
        guard arguments.contains(where: isDashed), let verb = verb(of: arguments) else { return arguments }
        let isSearch = verb == ["search"] || verb == ["list"]
        var given: [String] = []
        var texts: [String] = []
        var isChanged = false
        var rest = arguments.dropFirst(verb.count)
        while let argument = rest.popFirst() {
            if argument == "--" { break }
            guard isDashed(argument) else {
                texts.append(argument)
                continue
            }
            if let takesValue = takesValue(argument) {
                guard takesValue, let value = rest.first else {
                    given.append(argument)
                    continue
                }
                rest.removeFirst()
                // The parser would take such a value for the next option, so it is joined to its own with `=`.
                guard isText(value) else {
                    given += [argument, value]
                    continue
                }
                given.append("\(argument)=\(value)")
                isChanged = true
            } else if isText(argument) || isSearch && !argument.hasPrefix("--") && !hidden.contains(argument) {
                texts.append(argument)
                isChanged = true
            } else {
                given.append(argument)
            }
        }
        return isChanged ? verb + given + ["--"] + texts + rest : arguments
    }

    /// The first argument that the parser takes for an option although there is no such option.
    ///
    /// It is `nil` where there is no such argument, where one of the parser's own options comes first, and where the
    /// verb takes no text.
    static func unknownOption(in arguments: [String]) -> String? {
        guard let verb = verb(of: arguments) else { return nil }
        var rest = arguments.dropFirst(verb.count)
        while let argument = rest.popFirst(), argument != "--" {
            guard isDashed(argument) else { continue }
            guard let takesValue = takesValue(argument) else { return hidden.contains(argument) ? nil : argument }
            if takesValue { rest = rest.dropFirst() }
        }
        return nil
    }

    private static func verb(of arguments: [String]) -> [String]? {
        verbs.first { arguments.starts(with: $0) }
    }

    /// Whether an argument begins with a dash, and is not the `-` that stands for standard input.
    private static func isDashed(_ argument: String) -> Bool { argument.hasPrefix("-") && argument != "-" }

    /// Whether an option takes the argument behind it as its value; `nil` for an argument that is not a known option.
    private static func takesValue(_ argument: String) -> Bool? {
        guard let equals = argument.firstIndex(of: "=") else { return options[argument] }
        return options[String(argument[..<equals])] == true ? false : nil
    }

    private static func isText(_ argument: String) -> Bool {
        isDashed(argument) && takesValue(argument) == nil && argument.contains { $0.isWhitespace }
    }
}
