import ArgumentParser
import ConvoApp
import ConvoModel
import ConvoStore
import ConvoTerminal
import Expectations
import Testing

@testable import ConvoCommand

@Suite struct `A command that fails` {
    func ending(_ arguments: String...) -> CommandResult? {
        do {
            _ = try Convo.parseAsRoot(arguments)
            return nil
        } catch {
            return CommandResult(of: error, arguments: arguments)
        }
    }

    @Test func `ends with usage for a wrong line, in JSON where that was asked for`() throws {
        guard case .usage(let words, _, asJSON: false)? = ending("append"),
            case .usage(let text, _, asJSON: true)? = ending("append", "--json")
        else { throw Unexpected("another ending") }
        #expect(words.contains("Usage:"))
        #expect(!text.contains("Usage:"))
    }

    @Test func `gives help and version as answers`() throws {
        guard case .answer(let help) = CommandResult(of: CleanExit.helpRequest(), arguments: []) else {
            throw Unexpected("another ending")
        }
        #expect(help.contains("SUBCOMMANDS"))
        #expect(ending("--version") == .answer("0.1.0"))
    }

    @Test(arguments: [
        (StoreError.noSuchConversation("x"), 66, "no_such_conversation"),
        (.ambiguousConversation("x", candidates: ["x1"]), 64, "ambiguous_conversation"),
        (.corrupt(path: "/p", detail: "d"), 74, "corrupt_database"), (.diskFull(path: "/p"), 74, "disk_full"),
        (.newerSchema(path: "/p", version: 9, supported: 1), 78, "newer_database"),
        (.busy(path: "/p"), 75, "busy"), (.unansweredCalls(["c"], conversation: LocalID("x")), 65, "unanswered_calls"),
    ])
    func `has the code of its cause`(error: StoreError, exitCode: Int32, code: String) throws {
        let failure = CLIError(error)
        #expect(failure.exitCode.rawValue == exitCode)
        #expect(failure.code == code)
        #expect(failure.hint?.isEmpty == false)
        #expect(failure.message.hasSuffix("."))
    }

    @Test func `keeps the hint of a wrong configuration`() throws {
        let failure = try #require(CLIError(ConfigurationError.noKey))
        #expect(failure.exitCode == .configuration)
        #expect(failure.hint == ConfigurationError.noKey.hint)
    }

    @Test func `asks for JSON only before a double dash`() throws {
        let error = StoreError.noSuchConversation("x")
        let failure = CLIError(error)
        #expect(CommandResult(of: error, arguments: ["get", "x", "--json"]) == .failure(failure, asJSON: true))
        #expect(
            CommandResult(of: error, arguments: ["append", "x", "--", "--json"]) == .failure(failure, asJSON: false))
    }
}
