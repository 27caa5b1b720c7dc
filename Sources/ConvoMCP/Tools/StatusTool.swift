import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoStore

/// Tells what the store holds, what waits, and how stale it is.
struct StatusTool: Tool {
    let name = "status"
    let title = "State of the store"
    let summary =
        "Tells how many conversations and entries are stored, which writes wait, and when the server was last asked."
    let parameters: [ToolParameter] = []
    let output: [ToolParameter] = [
        .required("conversations", .count, ""), .required("entries", .count, ""),
        .required("outbox", .object, "How many writes are in each state."),
        .optional("last_pull_at", .text(limit: .max), "When the server's newest changes were last fetched."),
        .optional("last_sweep_at", .text(limit: .max), "When all conversations were last looked at."),
        .required("daemon_running", .flag, "Whether convod delivers and fetches by itself."),
        .required("set_aside", .count, "How many things of the server cannot be read."),
        .required("writes_allowed", .flag, "Whether append and start are there."),
    ]

    func run(_ arguments: ToolArguments, _ server: MCPServer) throws(ToolError) -> ToolResult {
        let (status, setAside, path) = try server.withStore { store throws(StoreError) in
            (try store.status(), try store.setAside().count, store.path)
        }
        let isRunning = FileLock.holder(of: .daemon, beside: path)?.isCurrent == true
        let outbox = OperationState.allCases.map { ($0.rawValue, status.outbox[$0] ?? 0) }
        let open = OperationState.allCases.filter(\.isOpen).map { "\(status.outbox[$0] ?? 0) \($0.rawValue)" }
        let (pull, sweep) = (status.lastPullAt.map(AgentText.time), status.lastSweepAt.map(AgentText.time))
        let text = """
            \(status.conversations) conversations, \(status.entries) entries
            not delivered: \(open.joined(separator: ", "))
            last fetched from the server: \(pull ?? "never"); all conversations looked at: \(sweep ?? "never")
            convod is \(isRunning ? "running" : "not running: `convo sync` fetches and delivers")
            set aside as unreadable: \(setAside); writing is \(server.allowsWrites ? "allowed" : "not allowed")

            """
        return ToolResult(
            text: text,
            structured: .object([
                "conversations": .int(status.conversations), "entries": .int(status.entries),
                "outbox": .object(outbox.map { ($0, .int($1)) }), "last_pull_at": pull.map { .string($0) },
                "last_sweep_at": sweep.map { .string($0) }, "daemon_running": .bool(isRunning),
                "set_aside": .int(setAside), "writes_allowed": .bool(server.allowsWrites),
            ]))
    }
}
