import ArgumentParser
import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoTerminal

struct EndpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint",
        abstract: "Where convod offers the API to your programs, and how they use it.",
        subcommands: [Show.self, Token.self], defaultSubcommand: Show.self)

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
            let settings = try common.settings()
            let running = RunningEndpoint(beside: settings.database)?.address
            let report = EndpointReport(
                profile: settings.profile, address: running ?? settings.listen, isRunning: running != nil,
                token: try EndpointToken(database: settings.database).read())
            let console = Console(asJSON: try OutputFormat.chosen(output, asJSON: common.json) == .json)
            try console.print(json: report.json) { _ in report.lines }
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

/// What a program needs to use the endpoint.
struct EndpointReport {
    let profile: String?
    /// Where it listens, or would; `nil` if the settings name no address.
    let address: LocalAddress?
    let isRunning: Bool
    let token: String

    /// The address as an SDK takes it; `nil` where it is not known yet.
    var url: String? {
        switch address {
        case .socket: "http://localhost"
        case .port(0, _), nil: nil
        case .port: address.map { "http://\($0)" }
        }
    }

    private var socket: String? { if case .socket(let path) = address { path } else { nil } }

    var json: JSONText {
        .object([
            "address": .string(socket.map { "unix:\($0)" } ?? url), "url": .string(url), "socket": .string(socket),
            "token": .string(token), "profile": .string(profile), "running": .bool(isRunning),
            "environment": .object([
                "MISTRAL_API_KEY": .string(token), "MISTRAL_BASE_URL": .string(url.map { "\($0)/v1" }),
                "MISTRAL_SERVER_URL": .string(url),
            ]),
        ])
    }

    var lines: [String] {
        guard let address else {
            return [
                "The endpoint is off. Let convod offer it:",
                "  convo config set listen 127.0.0.1:7733, then convo service restart",
                "  or: convod --listen 127.0.0.1:7733",
            ]
        }
        let place = "\(address)".sanitised(.line)
        guard isRunning, let url else {
            return ["No convod offers the endpoint now; the settings name \(place). `convo service start` starts one."]
        }
        return ["The endpoint listens at \(place)\(profile.map { " (profile \($0))" } ?? "").", ""] + pasted(url)
    }

    private func pasted(_ url: String) -> [String] {
        if let socket = socket?.sanitised(.line) {
            return [
                "Python:",
                "  client = Mistral(api_key=\"\(token)\", server_url=\"\(url)\",",
                "      client=httpx.Client(transport=httpx.HTTPTransport(uds=\"\(socket)\")))", "",
                "curl:",
                "  curl --unix-socket \(socket) -H \"Authorization: Bearer \(token)\" \(url)/v1/conversations",
            ]
        }
        return [
            "Python:", "  client = Mistral(api_key=\"\(token)\", server_url=\"\(url)\")", "",
            "TypeScript:", "  const client = new Mistral({ apiKey: \"\(token)\", serverURL: \"\(url)\" });", "",
            "curl:", "  curl -H \"Authorization: Bearer \(token)\" \(url)/v1/conversations", "",
            "Other programs:", "  export MISTRAL_API_KEY=\(token)", "  export MISTRAL_BASE_URL=\(url)/v1",
            "  export MISTRAL_SERVER_URL=\(url)",
        ]
    }
}
