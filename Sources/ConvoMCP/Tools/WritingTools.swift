import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoStore

/// What both tools that write give.
private let receipt: [ToolParameter] = [
    .required("conversation_id", .text(limit: .max), ""), .required("operation_id", .text(limit: .max), ""),
    .required(
        "state", .text(limit: .max), "queued, or held where an earlier write of the conversation waits for the user."),
    .required("daemon_running", .flag, "Whether convod will deliver it by itself."),
]

/// The longest text of a write, in characters; the whole message has a limit of its own.
private let textLimit = 500_000

/// Queues a message for a conversation.
struct AppendTool: Tool {
    let name = "append"
    let title = "Queue a message"
    let summary = """
        Queues a user message for a conversation. It is kept durably and sent to Mistral by convod, or by the next `convo sync`; the \
        model's answer is then read with get_entries. An error means that nothing was queued. Calling twice queues two messages.
        """
    let parameters: [ToolParameter] = [
        .required("conversation", .text(limit: 200), "Its id, or a beginning of it."),
        .required("text", .text(limit: textLimit), "The message."),
    ]
    let output = receipt
    let isWriting = true

    func run(_ arguments: ToolArguments, _ server: MCPServer) throws(ToolError) -> ToolResult {
        let text = try arguments.message()
        return try server.queue { store throws(StoreError) in
            let id = try store.localID(matching: arguments.text("conversation") ?? "")
            return try store.append(AppendRequest(inputs: .text(text)), to: id)
        }
    }
}

/// Queues a new conversation.
struct StartTool: Tool {
    let name = "start"
    let title = "Queue a new conversation"
    let summary = """
        Queues a new conversation that begins with a user message. It is kept durably and sent to Mistral by convod, or by the next \
        `convo sync`. An error means that nothing was queued. Calling twice queues two conversations.
        """
    let parameters: [ToolParameter] = [
        .required("text", .text(limit: textLimit), "The first message."),
        .optional("model", .text(limit: 200), "The model that answers; by default the user's setting."),
        .optional("agent", .text(limit: 200), "The agent that answers, in place of a model."),
        .optional("name", .text(limit: 200), "What the conversation is called."),
        .optional("instructions", .text(limit: 50_000), "Instructions to the model."),
    ]
    let output = receipt
    let isWriting = true

    func run(_ arguments: ToolArguments, _ server: MCPServer) throws(ToolError) -> ToolResult {
        var request = StartRequest(inputs: .text(try arguments.message()))
        switch (arguments.text("model"), arguments.text("agent")) {
        case (let model?, nil): request.model = model
        case (nil, let agent?): request.agentID = agent
        case (_?, _?): throw ToolError("Give either model or agent: one of them answers.")
        case (nil, nil):
            switch server.answerer {
            case .model(let model): request.model = model
            case .agent(let agent): request.agentID = agent
            case nil: throw ToolError("Give model or agent: the user has set no default.")
            }
        }
        request.name = arguments.text("name")
        request.instructions = arguments.text("instructions")
        return try server.queue { [request] store throws(StoreError) in try store.start(request) }
    }
}

extension ToolArguments {
    /// The text of a message, which has something in it.
    fileprivate func message() throws(ToolError) -> String {
        guard let text = text("text"), text.contains(where: { !$0.isWhitespace }) else {
            throw ToolError("The text is empty.")
        }
        return text
    }
}

extension MCPServer {
    /// Queues a write; where it fails, the store has queued nothing.
    fileprivate func queue(_ work: (Store) throws(StoreError) -> QueuedWrite) throws(ToolError) -> ToolResult {
        let (write, path) = try withStore { store throws(StoreError) in (try work(store), store.path) }
        let isRunning = FileLock.holder(of: .daemon, beside: path)?.isCurrent == true
        let fate =
            write.state == .held
            ? "It is held: an earlier write of the conversation waits for the user (`convo outbox`)."
            : isRunning ? "convod delivers it." : "It will be delivered when convod runs, or by `convo sync`."
        return ToolResult(
            text: "Kept as \(write.operation) for conversation \(write.conversation), \(write.state.rawValue). \(fate)",
            structured: .object([
                "conversation_id": .string(write.conversation.rawValue),
                "operation_id": .string(write.operation.rawValue),
                "state": .string(write.state.rawValue), "daemon_running": .bool(isRunning),
            ]))
    }
}
