import ArgumentParser
import Testing

@testable import ConvoCommand

@Suite struct `The help` {
    @Test func `breaks its line of usage between arguments, from 40 columns on`() {
        let usage =
            "OVERVIEW: x\n\nUSAGE: convo list [--limit <limit>] <a> [--profile <name>] --to <path> [--json]\n\nEND"
        let wrapped = """
            OVERVIEW: x

            USAGE: convo list [--limit <limit>] <a>
                    [--profile <name>] --to <path>
                    [--json]

            END
            """
        #expect(HelpText.wrapped(usage, to: 40) == wrapped)
        #expect(HelpText.wrapped(usage, to: nil) == usage)
        #expect(HelpText.wrapped(usage, to: 200) == usage)
    }

    @Test func `of each verb has examples that are real command lines`() throws {
        try check(try Dump.of(Convo.self).command, path: [])
    }

    private func check(_ command: Dump.Command, path: [String]) throws {
        for verb in command.subcommands ?? [] where verb.commandName != "help" {
            let path = path + [verb.commandName]
            if verb.subcommands?.isEmpty ?? true {
                let examples = (verb.discussion ?? "").split(separator: "\n").map { $0.drop { $0 == " " } }
                    .filter { $0.hasPrefix("convo ") }
                let name = path.joined(separator: " ")
                #expect((1...4).contains(examples.count), "\(name): \(examples)")
                for example in examples { #expect(example.count <= 78, "\(example)") }
            } else {
                try check(verb, path: path)
            }
        }
    }
}
