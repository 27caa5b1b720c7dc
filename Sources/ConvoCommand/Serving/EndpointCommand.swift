import ArgumentParser
import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoTerminal

struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Where convod offers the API to your programs, and how they use it.",
        subcommands: [Show.self, Environment.self, Token.self], defaultSubcommand: Show.self)

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "The address, the token, and lines to paste.",
            discussion: """
                A program that uses Mistral's API works offline when its address and its key are these: reads come from the \
                local store, writes go through the outbox, and everything else passes to the server. convod offers it with \
                --listen, or with the setting `listen`.
                """.withExamples("convo endpoint", "convo endpoint --profile work --json"))

        @Option(name: .shortAndLong, help: ArgumentHelp("json or table.", valueName: "format"))
        var output: OutputFormat?
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard try OutputFormat.chosen(output, asJSON: common.json) != .jsonl, output != .tsv else {
                throw ValidationError("The endpoint is shown as json or table.")
            }
        }

        func run() throws {
            let report = try EndpointReport(common)
            let console = Console(asJSON: try OutputFormat.chosen(output, asJSON: common.json) == .json)
            try console.print(json: report.json) { _ in report.lines }
            if !console.asJSON { try console.paste(report.pasted) }
        }
    }

    struct Environment: Verb {
        static let configuration = CommandConfiguration(
            commandName: "env",
            abstract: "Prints the variables by which programs find the endpoint, for a shell's eval.",
            discussion: """
                Programs that are started from that shell and read MISTRAL_API_KEY, and MISTRAL_SERVER_URL or MISTRAL_BASE_URL, \
                use the endpoint then. convo itself goes on with the real key, if that is in a file (`convo login`). No variable leads \
                a program to a Unix socket.
                """.withExamples("eval \"$(convo endpoint env)\"", "convo endpoint env --json"))

        @OptionGroup var common: CommonOptions

        func run() throws {
            let report = try EndpointReport(common)
            guard report.isRunning else { throw report.failure }
            guard !report.variables.isEmpty else { throw report.noVariables }
            if common.json { return try common.console.print(report.environment) }
            try common.console.paste(report.exports)
        }
    }

    struct Token: Verb {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Prints the token; with --renew, makes another one.",
            discussion: "Programs that have the one before are refused at once after --renew.".withExamples(
                "convo endpoint token", "convo endpoint token --renew"))

        @Flag(help: "Make another token; the one before admits nobody any more.")
        var renew = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let token = EndpointToken(database: try common.settings().database)
            let text = try renew ? token.renew() : token.read()
            try common.console.print(json: .object(["token": .string(text)])) { _ in [text.sanitised(.line)] }
        }
    }
}
