import ArgumentParser
import ConvoApp
import ConvoJSON
import ConvoPlatform
import ConvoTerminal

/// `convo mcp install`: tells MCP clients of the server.
struct MCPInstall: Verb {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Writes the server into the settings of MCP clients.",
        discussion: """
            Without a client, those that are on this machine are told. What else a client's file has stays as it is, comments \
            included; the file as it was is kept beside it (.before-convo). Settings that count here by a flag or a variable are \
            written into the entry, since clients don't see your shell's.

            Clients: \(MCPClient.allCases.map(\.rawValue).joined(separator: ", "))
            """.withExamples(
                "convo mcp install vibe",
                "convo mcp install claude-code --project --allow-writes",
                "convo mcp install --print zed",
                "convo mcp install --remove"))

    @Argument(
        help: "The clients; all that are found on this machine where none is named.",
        completion: .list(MCPClient.allCases.map(\.rawValue)), transform: MCPClient.named)
    var clients: [MCPClient] = []

    @Flag(help: "Write into the file of this folder's project, where the client has one.") var project = false
    @Flag(name: .customLong("print"), help: "Show the entry, and write nothing.") var prints = false
    @Flag(help: "Take the entry out again.") var remove = false
    @Option(help: ArgumentHelp("What the server is called there.", valueName: "name")) var name = "convo"
    @OptionGroup var options: MCPOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !prints || !remove else { throw ValidationError("Give --print or --remove, not both.") }
        let isWord = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard isWord, (1...64).contains(name.utf8.count) else {
            throw ValidationError("--name takes letters, digits, - and _, 64 at most.")
        }
    }

    func run() throws {
        let (environment, console) = (ProcessEnvironment.ofThisProcess(), common.console)
        let entry = MCPEntry(
            name: name, command: try MCPInstall.program(environment), arguments: try arguments(environment))
        let chosen =
            clients.isEmpty ? MCPClient.allCases.filter { $0.isHere(environment, inProject: project) } : clients
        guard !chosen.isEmpty else {
            throw CLIError(
                .notFound, code: "no_client",
                message: "No MCP client that Convo knows was found \(project ? "in this folder" : "here").",
                hint:
                    "Name one: \(MCPClient.allCases.map(\.rawValue).joined(separator: ", ")). Or copy what `convo mcp install --print vibe` shows."
            )
        }
        if prints { return try printEntries(chosen, entry, environment, console) }
        var done: [MCPClientChange] = []
        for client in chosen {
            let change = try client.change(entry, isRemoval: remove, environment, inProject: project)
            if !console.asJSON { try console.print(json: .null) { _ in [change.words] } }
            done.append(change)
        }
        if console.asJSON { try console.print(json: .array(done.map(\.json))) { _ in [] } }
    }

    private func printEntries(
        _ clients: [MCPClient], _ entry: MCPEntry, _ environment: ProcessEnvironment, _ console: Console
    ) throws {
        let shown = try clients.map { ($0, try $0.file(environment, inProject: project), $0.text(of: entry)) }
        guard !console.asJSON else {
            return try console.print(
                .array(
                    shown.map { client, path, text in
                        .object(["client": .string(client.rawValue), "path": .string(path), "entry": .string(text)])
                    }))
        }
        for (client, path, text) in shown {
            try console.print(json: .null) { _ in ["\(client.title), in", "\(path):"] }
            try console.paste(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        }
    }

    /// What the clients start the program with: settings that count here and not in a client's environment are flags.
    private func arguments(_ environment: ProcessEnvironment) throws -> [String] {
        let settings = try common.settings()
        var arguments = ["mcp"]
        if let profile = settings.profile, common.profile != nil || environment[.defaultProfile] != nil {
            arguments += ["--profile", profile]
        }
        if let file = settings.configFile,
            common.config != nil || environment[Settings.fileVariable] != nil || environment["XDG_CONFIG_HOME"] != nil
        {
            arguments += ["--config", file]
        }
        if common.database != nil || environment[.database] != nil || environment["XDG_DATA_HOME"] != nil {
            arguments += ["--database", settings.database]
        }
        return arguments + (options.allowWrites ? ["--allow-writes"] : [])
    }

    /// The path by which clients start this program: that of `PATH`, which stays when the package is updated, or else its file.
    private static func program(_ environment: ProcessEnvironment) throws -> String {
        guard let own = OwnProgram.path else {
            throw CLIError(
                .internal, code: "no_path", message: "The system does not tell where this program is.",
                hint: "Write the entry by hand: docs/mcp.md shows it.")
        }
        let folders = (environment["PATH"] ?? "").split(separator: ":").filter { $0.hasPrefix("/") }
        let named = folders.map { "\($0)/convo" }.first { path in
            guard let resolved = realpath(path, nil) else { return false }
            defer { free(resolved) }
            return String(cString: resolved) == own
        }
        return named ?? own
    }
}

extension MCPClient {
    fileprivate static func named(_ name: String) throws -> MCPClient {
        guard let client = MCPClient(rawValue: name) else {
            throw ValidationError("Clients are \(MCPClient.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return client
    }
}

extension MCPClientChange {
    fileprivate var words: String {
        let backup = backup.map { " The file as it was: \($0)" } ?? ""
        return switch kind {
        case .added: "\(client.title): added to \(path).\(backup)"
        case .replaced: "\(client.title): changed in \(path).\(backup)"
        case .unchanged: "\(client.title): \(path) has it already."
        case .removed: "\(client.title): taken out of \(path).\(backup)"
        case .absent: "\(client.title): \(path) does not have it."
        }
    }

    fileprivate var json: JSONText {
        .object([
            "client": .string(client.rawValue), "path": .string(path), "change": .string(kind.rawValue),
            "backup": .string(backup),
        ])
    }
}
