import ArgumentParser
import Testing

@testable import ConvoCommand

@Suite struct `A command line` {
    private static let verbs = [
        ["list", "--limit", "3", "--json"], ["list", "two", "words", "--branch", "--since", "7d", "-o", "tsv"],
        ["search", "two", "words", "-o", "jsonl"], ["history", "@"], ["history", "-"], ["append", "-", "-"],
        ["restart", "a8p3#12", "text", "-q"], ["restart", "a8p3", "--from", "#12", "text"],
        ["search", "two", "words", "--sort", "date"], ["append", "id", "-"],
        ["append", "id", "text", "--function-result", "call=1", "--wait", "--no-store"], ["sync"],
        ["sync", "--accept-deletions", "--profile", "work"], ["start", "text"], ["login", "--profile", "work"],
        ["start", "text", "--model", "m", "--handoff-execution", "client", "--tools", "[]"],
        ["delete", "id", "--local"], ["delete", "id", "--both", "-y"], ["conflict", "id", "hold"], ["export"],
        ["rename", "id", "a", "new", "name"], ["chat"], ["chat", "id"], ["chat", "--model", "m", "--profile", "work"],
        ["rename", "id", "--clear"], ["tag", "id"], ["tag", "id", "a", "b", "--remove", "c", "d", "--json"], ["tags"],
        ["import", "a.json", "b.db", "--restore-deleted"],
        ["export", "id", "other", "--format", "json", "--output", "-"],
        ["export", "--search", "two words", "--since-last"],
    ]

    /// Arguments for help and for subcommands, and wrong ones.
    private static let others = [
        [], ["nonsense"], ["list", "--limit", "0"], ["list", "--limit", "x"], ["list", "--sort", "size"], ["search"],
        ["list", "--json", "-o", "tsv"], ["list", "-o", "xml"], ["search", "a", "--json", "--output", "jsonl"],
        ["files", "list", "--json", "-o", "tsv"],
        ["search", "a", "--sort", "size"], ["append"], ["append", "id", "--confirm", "x"], ["--version"],
        ["start", "text", "--model", "m", "--handoff-execution", "nobody"],
        ["start", "text", "--model", "m", "--agent", "a"], ["list", "--help"],
        ["list", "--version"], ["list", "--generate-completion-script", "bash"], ["help", "list"],
        ["rename"], ["rename", "id"], ["rename", "id", "a", "--clear"], ["tag"], ["tags", "x"],
        ["outbox"], ["outbox", "retry"], ["account"], ["account", "adopt"], ["outbox", "list", "--all"],
        ["outbox", "cancel", "op"], ["outbox", "nonsense"],
        ["chat", "id", "--model", "m"], ["chat", "--model", "m", "--agent", "a"], ["chat", "a", "b"],
        ["outbox", "--help"], ["import"], ["export", "--format", "pdf"], ["export", "id", "--search", "x"],
        ["export", "--since-last", "--output", "-"], ["export", "--since-last", "--format", "html"],
    ]

    @Test(arguments: verbs)
    func `is read by its verb as the whole tree reads it`(arguments: [String]) throws {
        let verb = try #require(Convo.verb(arguments))
        let command = try Convo.parseAsRoot(arguments)
        #expect(type(of: verb) == type(of: command))
        #expect(String(reflecting: verb) == String(reflecting: command))
    }

    /// Arguments that need no parser.
    private static let plain = [
        ["list"], ["list", "--limit", "3", "--json"], ["list", "two", "words", "--database", "x.db"], ["list", ""],
        ["search", "two", "words"], ["search", "word", "--limit", "7", "--json"], ["history", "a8p3"],
        ["history", "@", "--tail", "5"], ["show", "a8p3", "--json"], ["show", "--tail", "0005", "a8p3"],
        ["append", "a8p3", "a few words"], ["append", "a8p3", "", "--database", "/x y"],
    ]

    @Test(arguments: plain)
    func `is read without the parser as the parser reads it`(arguments: [String]) throws {
        let verb = try #require(Convo.plainVerb(arguments))
        let command = try Convo.parseAsRoot(arguments)
        #expect(type(of: verb) == type(of: command))
        #expect(String(reflecting: verb) == String(reflecting: command))
        #expect(!String(reflecting: verb).contains("definition"))
        #expect(DashedTexts.separated(arguments) == arguments)
    }

    @Test(
        arguments: others + [
            ["list", "-x"], ["list", "--limit"], ["list", "--limit", "-1"], ["list", "--limit", "3", "--limit", "4"],
            ["list", "--json", "--json"], ["list", "--tail", "3"], ["search", "a", "--limit", "0"], ["history"],
            ["history", "a", "b"], ["history", "a", "--limit", "3"], ["append", "a"],
            ["append", "a", "b", "--limit", "1"],
            ["append", "a", "-"], ["sync"], ["list", "--database", "-x"],
        ])
    func `is left to the parser where it is not plain`(arguments: [String]) {
        #expect(Convo.plainVerb(arguments) == nil)
    }

    @Test(arguments: others)
    func `is left to the whole tree where a verb's own arguments are not enough`(arguments: [String]) {
        #expect(Convo.verb(arguments) == nil)
    }

    @Test func `is told what an option takes`() {
        let error = #expect(throws: (any Error).self) {
            try Convo.parseAsRoot(["append", "id", "text", "--handoff-execution", "nobody"])
        }
        #expect(error.map { Convo.message(for: $0).contains("'client' and 'server'") } == true)
    }
}
