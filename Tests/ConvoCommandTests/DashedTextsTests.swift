import ArgumentParser
import Expectations
import Foundation
import Testing

@testable import ConvoCommand

@Suite struct `A text that begins with a dash` {
    private static let texts: [(arguments: [String], text: String)] = [
        (["start", "- buy milk", "--model", "m"], "- buy milk"),
        (["start", "--model", "m", "- buy milk", "--json"], "- buy milk"),
        (["start", "--model=m", "-5 degrees"], "-5 degrees"),
        (["start", "--model", "m", "--explain this flag"], "--explain this flag"),
        (["start", "--model", "m", "--json is a flag"], "--json is a flag"),
        (["start", "--model", "m", "- one\n- two"], "- one\n- two"),
        (["start", "--model", "m", "--", "--explain"], "--explain"),
        (["append", "id", "- second point", "--wait"], "- second point"),
        (["append", "id", "-h or not"], "-h or not"),
        (["restart", "id", "--from", "e", "- again"], "- again"),
        (["outbox", "edit", "id", "- better"], "- better"),
    ]

    @Test(arguments: texts)
    func `with a blank in it is taken as it is`(arguments: [String], text: String) throws {
        let command = try Convo.parseAsRoot(DashedTexts.separated(arguments))
        let input: InputOptions =
            switch command {
            case let start as Start: start.input
            case let append as Append: append.input
            case let restart as Restart: restart.input
            default: try #require(command as? Outbox.Edit).input
            }
        #expect(input.text == text)
    }

    @Test(arguments: [
        (["search", "-milk"], ["-milk"]), (["search", "buy -milk"], ["buy -milk"]),
        (["search", "buy", "-milk", "--limit", "3", "bread"], ["buy", "-milk", "bread"]),
        (["search", "-role:user x", "--json"], ["-role:user x"]), (["search", "--", "-milk"], ["-milk"]),
        (["search", "-a", "--", "-b", "--limit"], ["-a", "-b", "--limit"]),
    ])
    func `is part of a query`(arguments: [String], query: [String]) throws {
        let separated = DashedTexts.separated(arguments)
        #expect((try Convo.parseAsRoot(separated) as? Search)?.query == query)
    }

    @Test func `leaves options what they are, in any place`() throws {
        let arguments = DashedTexts.separated([
            "start", "- buy milk", "--name=- a list", "--model", "m", "--instructions", "- be brief", "--no-store",
            "--json",
        ])
        let start = try #require(Convo.parseAsRoot(arguments) as? Start)
        #expect(start.input.text == "- buy milk")
        #expect(start.name == "- a list")
        #expect(start.instructions == "- be brief")
        #expect(start.model == "m")
        #expect(start.options.store == false)
        #expect(start.common.json)
    }

    @Test func `is the value of an option where it stands behind one`() throws {
        let arguments = DashedTexts.separated(["append", "id", "text", "--function-result", "-1 = x", "--wait"])
        let append = try #require(Convo.parseAsRoot(arguments) as? Append)
        #expect(append.functionResult == [FunctionResult(argument: "-1 = x")])
        #expect(append.input.text == "text")
    }

    @Test(arguments: [
        ["start", "text", "--model", "m"], ["append", "id", "-"], ["list", "--limit", "3"], ["search", "a", "--help"],
        ["search", "-h"], ["start", "--model", "m", "--", "- x"], ["help", "start"], ["outbox", "retry", "-x y"], [],
        ["start", "--name=my talk", "x", "--model", "m"],
    ])
    func `changes no other line`(arguments: [String]) {
        #expect(DashedTexts.separated(arguments) == arguments)
    }

    @Test(arguments: texts.map(\.arguments).filter { $0[0] != "outbox" } + [["search", "-milk", "--limit", "3"]])
    func `is read by its verb as the whole tree reads it`(arguments: [String]) throws {
        let separated = DashedTexts.separated(arguments)
        let verb = try #require(Convo.verb(separated))
        #expect(String(reflecting: verb) == String(reflecting: try Convo.parseAsRoot(separated)))
    }

    @Test(arguments: [
        (["append", "id", "-5°"], "-5°"), (["start", "--explain", "--model", "m"], "--explain"),
        (["search", "--milk"], "--milk"), (["append", "id", "--wiat", "- x y"], "--wiat"),
    ])
    func `that might be an option gets a hint that names the double dash`(arguments: [String], option: String) throws {
        let separated = DashedTexts.separated(arguments)
        let error = #expect(throws: (any Error).self) { try Convo.parseAsRoot(separated) }
        guard let error, case .usage(_, let hint?, asJSON: false) = CommandResult(of: error, arguments: separated)
        else { throw Unexpected("another ending, or no hint") }
        #expect(hint.contains("\"\(option)\""))
        #expect(hint.contains(" -- "))
    }

    @Test func `gets no hint where something else is wrong`() {
        #expect(DashedTexts.unknownOption(in: ["append", "--json", "--name", "-x"]) == nil)
        #expect(DashedTexts.unknownOption(in: ["append", "id", "--", "-x"]) == nil)
    }

    @Test func `is told from the options that the parser knows`() throws {
        let verbs: [any ParsableCommand.Type] = [
            Start.self, Append.self, Restart.self, Search.self, List.self, Outbox.Edit.self,
        ]
        var known = ["--help": false, "-h": false, "--version": false]
        for verb in verbs { known.merge(try options(of: verb)) { $1 } }
        #expect(DashedTexts.options == known)
    }

    /// The options of a verb by the parser's own description, and whether each takes a value.
    private func options(of verb: any ParsableCommand.Type) throws -> [String: Bool] {
        struct Dump: Decodable {
            struct Command: Decodable { let arguments: [Argument] }
            struct Argument: Decodable {
                struct Name: Decodable {
                    let kind: String
                    let name: String
                }
                let kind: String
                let names: [Name]?
            }
            let command: Command
        }
        let dump = try JSONDecoder().decode(Dump.self, from: Data(verb._dumpHelp().utf8))
        var options: [String: Bool] = [:]
        for argument in dump.command.arguments {
            for name in argument.names ?? [] {
                options[(name.kind == "long" ? "--" : "-") + name.name] = argument.kind == "option"
            }
        }
        return options
    }
}
