import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoTerminal

/// The address and the token by which a program uses the endpoint, and how `convo endpoint` shows them.
struct EndpointReport {
    let profile: String?
    /// The address at which convod listens, or else the one that the settings name; `nil` if they name none.
    let address: LocalAddress?
    let isRunning: Bool
    let token: String
    /// The token's file.
    let tokenPath: String
    /// The options by which this `convo` was told of its settings, so that the one that is pasted finds the same.
    let options: [String]

    /// The address as an SDK takes it; `nil` where it is not known yet.
    private var url: String? {
        switch address {
        case .socket: "http://localhost"
        case .port(0, _), nil: nil
        case .port: address.map { "http://\($0)" }
        }
    }

    private var profileOption: String { profile.map { " --profile \($0)" } ?? "" }

    private var socket: String? { if case .socket(let path) = address { path } else { nil } }

    /// The variables of an environment whose programs use the endpoint; none where no address leads there: the token alone would
    /// have them send it elsewhere.
    var variables: [(name: String, value: String)] {
        guard socket == nil, let url else { return [] }
        return [(APIKey.variable, token), ("MISTRAL_BASE_URL", "\(url)/v1"), ("MISTRAL_SERVER_URL", url)]
    }

    var environment: JSONText { .object(variables.map { ($0.name, .string($0.value)) }) }

    /// The variables as a shell takes them.
    var exports: [String] { variables.map { "export \($0.name)=\($0.value.quotedForShell)" } }

    var json: JSONText {
        .object([
            "address": .string(socket.map { "unix:\($0)" } ?? url), "url": .string(url), "socket": .string(socket),
            "token": .string(token), "profile": .string(profile), "running": .bool(isRunning),
            "environment": environment,
        ])
    }

    /// The error of a verb that needs the endpoint where no convod offers it.
    var failure: CLIError {
        guard let address else {
            return CLIError(
                .configuration, code: "no_endpoint", message: "The endpoint is off.",
                hint:
                    "Let convod offer it: `convo config set listen 127.0.0.1:7733\(profileOption)`, then `convo service restart\(profileOption)`."
            )
        }
        return CLIError(
            .unreachable, code: "no_endpoint",
            message: "No convod offers the endpoint now; the settings name \("\(address)".sanitised(.line)).",
            hint: "`convo service start\(profileOption)` starts one.")
    }

    /// Why no variables lead to a socket.
    var noVariables: CLIError {
        CLIError(
            .configuration, code: "no_address", message: "No variable leads a program to a Unix socket.",
            hint:
                "Let the endpoint listen at 127.0.0.1:PORT, or tell the program of the socket as `convo endpoint` shows."
        )
    }

    /// The sentences before what is pasted.
    var lines: [String] {
        guard let address else {
            return [
                "The endpoint is off. Let convod offer it:", "convo config set listen 127.0.0.1:7733\(profileOption)",
                "convo service restart\(profileOption)",
            ]
        }
        let place = "\(address)".sanitised(.line)
        guard isRunning else {
            return ["No convod offers the endpoint now; the settings name \(place). `convo service start` starts one."]
        }
        return [
            "The endpoint\(profile.map { " of the profile \($0)" } ?? "") listens at", place, "",
            "Its token, the API key of your programs:", token.sanitised(.line), "",
        ]
    }

    /// Lines to paste: each begins in the first column and has at most 40 of them, but for what is one word; the key comes from the
    /// environment, so that it gets into no program's text.
    var pasted: [String] {
        guard isRunning, let url else { return [] }
        guard let socket else {
            return EndpointReport.pasted("eval \"$(\(command("env")))\"", url)
        }
        let path = socket.sanitised(.line)
        return [
            "# Python:", "import httpx", "link = httpx.HTTPTransport(uds=", JSONText.string(path).text + ")",
            "client = Mistral(",
            "  api_key=open(", JSONText.string(tokenPath.sanitised(.line)).text, "  ).read().strip(),",
            "  server_url=\"\(url)\",", "  client=httpx.Client(transport=link),", ")", "", "# curl:",
            "curl --oauth2-bearer \\", "  \"$(\(command("token")))\" \\", "  \(url)/v1/conversations \\",
            "  --unix-socket \\",
            path.quotedForShell,
        ]
    }

    /// `convo endpoint VERB` with the options by which this one was started.
    private func command(_ verb: String) -> String {
        (["convo endpoint \(verb)"] + options).joined(separator: " \\\n  ")
    }

    private static func pasted(_ shell: String, _ url: String) -> [String] {
        [
            "# Shell:", shell, "", "# Python:", "client = Mistral(", "  api_key=os.environ[\"MISTRAL_API_KEY\"],",
            "  server_url=\"\(url)\",", ")", "", "// TypeScript:", "const client = new Mistral({",
            "  apiKey: process.env.MISTRAL_API_KEY,", "  serverURL: \"\(url)\",", "});", "", "# curl:",
            "curl --oauth2-bearer $MISTRAL_API_KEY \\", "  $MISTRAL_BASE_URL/conversations",
        ]
    }
}

extension EndpointReport {
    /// Looks where the endpoint of these settings is.
    init(_ common: CommonOptions) throws {
        let settings = try common.settings()
        let running = RunningEndpoint(beside: settings.database)?.address
        let given = [("--profile", common.profile), ("--config", common.config), ("--database", common.database)]
        let token = EndpointToken(database: settings.database)
        self.init(
            profile: settings.profile, address: running ?? settings.listen, isRunning: running != nil,
            token: try token.read(), tokenPath: token.path,
            options: given.compactMap { name, value in value.map { "\(name) \($0.sanitised(.line).quotedForShell)" } })
    }
}
