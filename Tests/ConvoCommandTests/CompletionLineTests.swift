import ArgumentParser
import Foundation
import Testing

@testable import ConvoCommand

@Suite struct `A line that a shell completes` {
    @Test(arguments: [
        (["convo", "history", ""], 2, []), (["convo", "append", "a8p3", "tex"], 3, ["a8p3"]),
        (["convo", "restart", "--database", "x.db", "a8p3", "--from", ""], 6, ["a8p3"]),
        (["convo", "restart", "--no-store", "a8p3", "--from=", "x"], 4, ["a8p3", "x"]),
        (["convo", "config", "set", "model", ""], 4, ["model"]),
        (["convo", "outbox", "edit", "op", "--", "-x"], 9, ["op", "-x"]),
        (["convo", "append", "--profile", "=", "work", "a8p3", ""], 6, ["a8p3"]), ([], 0, []), (["convo"], 0, []),
    ])
    func `has arguments that are no options and no verbs`(words: [String], index: Int, positionals: [String]) {
        #expect(CompletionLine(words, completing: index).positionals == positionals)
    }

    @Test func `names the database that is meant`() {
        let line = CompletionLine(
            ["convo", "--profile", "work", "list", "--config=c.toml", "--database", "x.db", ""], completing: 7)
        #expect(line.overrides == ("c.toml", "work", "x.db"))
    }

    @Test func `knows each option that takes a value`() throws {
        #expect(CompletionLine.valueOptions == valueOptions(of: try Dump.of(Convo.self).command))
    }

    private func valueOptions(of command: Dump.Command) -> Set<String> {
        var options: Set<String> = []
        for argument in command.arguments ?? [] where argument.kind == "option" {
            for name in argument.names ?? [] { options.insert((name.kind == "long" ? "--" : "-") + name.name) }
        }
        for verb in command.subcommands ?? [] { options.formUnion(valueOptions(of: verb)) }
        return options
    }

    @Test(arguments: [
        ("a:b", "x: y\n\u{1B}[2J", "zsh", "a\\:b:x: y"), ("a", "m", "fish", "a\tm"), ("a", "m", "bash", "a"),
        ("a", "", "zsh", "a"),
    ])
    func `gets completions as its shell reads them`(word: String, meaning: String, shell: String, text: String) {
        let made = Completion(word, meaning).text(for: shell)
        #expect(made.hasPrefix(text) && !made.contains("\u{1B}") && !made.contains("\n"))
    }

    @Test(arguments: ["", "a\nb", "a\u{1B}[2Jb"])
    func `gets no word that would be another one to the shell`(word: String) { #expect(!Completion(word).isUsable) }
}

/// What the parser says of a command and those below it.
struct Dump: Decodable {
    struct Command: Decodable {
        let commandName: String
        let discussion: String?
        let arguments: [Argument]?
        let subcommands: [Command]?
    }
    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let kind: String
        let names: [Name]?
    }
    let command: Command

    static func of(_ command: any ParsableCommand.Type) throws -> Dump {
        try JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
    }
}
