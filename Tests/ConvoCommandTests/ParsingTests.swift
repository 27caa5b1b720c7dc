import ArgumentParser
import Testing

@testable import convo

@Suite struct `A command line` {
    private static let understood = [
        ["list", "--limit", "3", "--json"], ["search", "two", "words", "--sort", "date"], ["append", "id", "-"],
        ["append", "id", "text", "--function-result", "call=1", "--wait"], ["start", "text", "--model", "m"],
        ["outbox"], ["outbox", "list", "--all"], ["outbox", "cancel", "op"], ["sync"], ["list", "--help"],
        ["help", "list"], ["outbox", "--help"],
    ]

    private static let refused = [
        [], ["nonsense"], ["list", "--limit", "0"], ["list", "--limit", "x"], ["list", "extra"], ["search"],
        ["search", "a", "--sort", "size"], ["append"], ["append", "id", "--confirm", "x"], ["--version"],
        ["list", "--version"], ["list", "--generate-completion-script", "bash"], ["outbox", "nonsense"],
    ]

    @Test(arguments: understood)
    func `is read as the whole tree of verbs reads it`(arguments: [String]) throws {
        let command = try Convo.command(arguments)
        #expect(type(of: command) == type(of: try Convo.parseAsRoot(arguments)))
    }

    @Test(arguments: refused)
    func `is refused in the words of the whole tree`(arguments: [String]) throws {
        let (error, expected) = (refusal { try Convo.command(arguments) }, refusal { try Convo.parseAsRoot(arguments) })
        #expect(error == expected)
    }

    private func refusal(_ parse: () throws -> any ParsableCommand) -> String? {
        do {
            var command = try parse()
            guard !(command is any AsyncParsableCommand) else { return nil }
            try command.run()
            return nil
        } catch {
            return "\(Convo.exitCode(for: error)): \(Convo.fullMessage(for: error))"
        }
    }
}
