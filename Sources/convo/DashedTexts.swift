/// Texts that begin with a dash, told from options before the parser sees them.
///
/// `"- buy milk"` has a blank in it, which no option has before its `=`; and `-milk` is how a search leaves a word out. The
/// parser takes both for options that it does not know. So they are put behind `--`, together with the other arguments that
/// are no options, in their order.
enum DashedTexts {
    /// The verbs that take texts. A query's words may begin with a dash, blank or not.
    private static let verbs = [["start"], ["append"], ["restart"], ["outbox", "edit"], ["search"]]

    /// Every option that these verbs know; `true` for those that take a value. A test compares it with the parser's own.
    static let options: [String: Bool] = [
        "--agent": true, "--agent-version": true, "--completion-args": true, "--config": true, "--confirm": true,
        "--database": true, "--description": true, "--from": true, "--function-result": true, "--guardrails": true,
        "--handoff-execution": true, "--help": false, "--inputs": true, "--instructions": true, "--json": false,
        "--limit": true, "--metadata": true, "--model": true, "--name": true, "--no-store": false, "--profile": true,
        "--server-url": true, "--sort": true, "--store": false, "--stream": false, "--tools": true, "--version": false,
        "--wait": false, "-h": false,
    ]
    /// The parser's own, which it takes for any verb.
    private static let hidden = [
        "-help", "--help-hidden", "-help-hidden", "--generate-completion-script", "--experimental-dump-help",
    ]

    /// The same arguments, as the parser reads them the way a person means them.
    static func separated(_ arguments: [String]) -> [String] {
        guard arguments.contains(where: isDashed), let verb = verb(of: arguments) else { return arguments }
        let isSearch = verb == ["search"]
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
                // Such a value is joined to its option: the parser would take it for the next one.
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

    /// The first argument that the parser must take for an option and that is none; `nil` where there is none, or where the
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

    /// A dash alone is standard input.
    private static func isDashed(_ argument: String) -> Bool { argument.hasPrefix("-") && argument != "-" }

    /// Whether an option takes the argument behind it as its value; `nil` for what is no option.
    private static func takesValue(_ argument: String) -> Bool? {
        guard let equals = argument.firstIndex(of: "=") else { return options[argument] }
        return options[String(argument[..<equals])] == true ? false : nil
    }

    private static func isText(_ argument: String) -> Bool {
        isDashed(argument) && takesValue(argument) == nil && argument.contains { $0.isWhitespace }
    }
}
