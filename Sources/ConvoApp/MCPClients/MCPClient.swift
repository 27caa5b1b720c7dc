import ConvoJSON
import ConvoPlatform
import ConvoTerminal

/// The entry by which an MCP client starts the server.
package struct MCPEntry: Sendable, Hashable {
    /// The name under which a client's file lists the server.
    package let name: String
    /// The absolute path of the program.
    package let command: String
    /// The arguments with which the client starts the server.
    package let arguments: [String]

    /// Makes an entry.
    package init(name: String, command: String, arguments: [String]) {
        (self.name, self.command, self.arguments) = (name, command, arguments)
    }
}

/// A program that starts MCP servers, and its file that names them.
package enum MCPClient: String, Sendable, CaseIterable {
    case vibe
    case claudeCode = "claude-code"
    case claudeDesktop = "claude-desktop"
    case codex
    case cursor
    case gemini
    case vscode
    case windsurf
    case zed

    /// How a file names servers.
    enum Form {
        /// JSON, comments allowed: an object of servers below a member.
        case json(member: String)
        /// TOML: a table for each server below a table, or an array of tables that have names.
        case toml(ServerTable.Form)
    }

    /// The client's name as its maker writes it.
    package var title: String {
        switch self {
        case .vibe: "Mistral Vibe"
        case .claudeCode: "Claude Code"
        case .claudeDesktop: "Claude Desktop"
        case .codex: "Codex"
        case .cursor: "Cursor"
        case .gemini: "Gemini CLI"
        case .vscode: "Visual Studio Code"
        case .windsurf: "Windsurf"
        case .zed: "Zed"
        }
    }

    var form: Form {
        switch self {
        case .vibe: .toml(.arrayOfTables)
        case .codex: .toml(.tables)
        case .vscode: .json(member: "servers")
        case .zed: .json(member: "context_servers")
        case .claudeCode, .claudeDesktop, .cursor, .gemini, .windsurf: .json(member: "mcpServers")
        }
    }

    /// The file that names servers.
    ///
    /// - Parameters:
    ///   - environment: tells the home, and where a client was told to keep its files.
    ///   - isProject: whether the file of the project in the working directory is meant.
    /// - Returns: the absolute path; there may be no such file.
    /// - Throws: ``ConfigurationError/noHome``; ``CLIError`` for a client whose projects have no file.
    package func file(_ environment: ProcessEnvironment, inProject isProject: Bool) throws -> String {
        guard isProject else { return try userFile(environment) }
        guard let projectFile else {
            throw CLIError(
                .usage, code: "no_project_file", message: "\(title) has no file for a project.",
                hint: "Run it without --project: that is for all of your projects.")
        }
        return environment.workingDirectory == "/"
            ? "/" + projectFile : "\(environment.workingDirectory)/\(projectFile)"
    }

    private func userFile(_ environment: ProcessEnvironment) throws(ConfigurationError) -> String {
        func folder(_ variable: String, _ fallback: String) throws(ConfigurationError) -> String {
            if let path = environment[variable], path.hasPrefix("/") { return path }
            return "\(try environment.home())/\(fallback)"
        }
        func application(_ name: String) throws(ConfigurationError) -> String {
            guard let settings = ApplicationSettings.folder else {
                return "\(try environment.settingsDirectory())/\(name)"
            }
            return "\(try environment.home())/\(settings)/\(name)"
        }
        return switch self {
        case .vibe: try folder("VIBE_HOME", ".vibe") + "/config.toml"
        case .claudeCode: try folder("CLAUDE_CONFIG_DIR", "").withoutEndSlash + "/.claude.json"
        case .claudeDesktop: try application("Claude/claude_desktop_config.json")
        case .codex: try folder("CODEX_HOME", ".codex") + "/config.toml"
        case .cursor: "\(try environment.home())/.cursor/mcp.json"
        case .gemini: "\(try environment.home())/.gemini/settings.json"
        case .vscode: try application("Code/User/mcp.json")
        case .windsurf: "\(try environment.home())/.codeium/windsurf/mcp_config.json"
        case .zed: "\(try environment.settingsDirectory())/zed/settings.json"
        }
    }

    private var projectFile: String? {
        switch self {
        case .vibe: ".vibe/config.toml"
        case .claudeCode: ".mcp.json"
        case .codex: ".codex/config.toml"
        case .cursor: ".cursor/mcp.json"
        case .gemini: ".gemini/settings.json"
        case .vscode: ".vscode/mcp.json"
        case .zed: ".zed/settings.json"
        case .claudeDesktop, .windsurf: nil
        }
    }

    /// Whether the client seems to be on this machine, or in the project: its file is there, or the folder of it.
    package func isHere(_ environment: ProcessEnvironment, inProject isProject: Bool) -> Bool {
        guard let file = try? file(environment, inProject: isProject) else { return false }
        if access(file, F_OK) == 0 { return true }
        // The folder of these is the home, or the project, which is always there.
        guard self != .claudeCode else {
            return !isProject && (try? environment.home()).map { access("\($0)/.claude", F_OK) == 0 } == true
        }
        guard let slash = file.lastIndex(of: "/") else { return false }
        return access(String(file[..<slash]), F_OK) == 0
    }

    /// The entry as the client's file has it, with what stands around it.
    package func text(of entry: MCPEntry) -> String {
        switch form {
        case .toml(let form): return ServerTable.text(of: entry, form)
        case .json(let member):
            return CommentedJSON.pretty(
                .object([(member, .object([(entry.name, value(of: entry))]))]), indent: "", unit: "  ")
        }
    }

    /// The entry's value in a file of JSON.
    func value(of entry: MCPEntry) -> JSONText {
        .object([
            // The clients of these files want the kind of transport; others take it for granted.
            "type": self == .vscode || self == .claudeCode ? .string("stdio") : nil,
            "command": .string(entry.command), "args": .array(entry.arguments.map { .string($0) }),
        ])
    }
}

extension String {
    fileprivate var withoutEndSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
