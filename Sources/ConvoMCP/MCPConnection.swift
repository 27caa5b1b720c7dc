import ConvoJSON
import ConvoTerminal

/// The protocol on one connection: bytes of the client in, lines for the client out. It reads and writes no file itself.
///
/// The caller hands in what it has read whenever it has read something, and asks for one answer after the other. Between the two
/// a client may have changed its mind: a request that it cancels before the answer was handed out gets none.
package struct MCPConnection {
    /// The longest message, in bytes.
    package static let lineLimit = 1 << 20
    /// How many bytes of messages wait at most before ``wantsInput`` says no.
    static let waitingLimit = 1 << 20
    /// How many messages a line may hold, where it may hold several: their replies are one line, too.
    static let batchLimit = 50
    /// How many subscriptions may be open.
    static let subscriptionLimit = 100

    private let server: MCPServer
    private var splitter = LineSplitter(limit: MCPConnection.lineLimit)
    private var waiting: [(message: JSONRPCMessage, bytes: Int)] = []
    private var waitingBytes = 0
    /// The revision that `initialize` has agreed on.
    private var agreed: String?
    /// The requests for subscriptions that have not ended.
    private var subscriptions: [JSONText] = []
    /// The request whose answer was made and not handed out, and whether the client has cancelled it since.
    private var answered: (id: JSONText, isCancelled: Bool)?

    package init(server: MCPServer) { self.server = server }

    /// Whether a message waits for ``prepareAnswer()``.
    package var hasWork: Bool { !waiting.isEmpty }
    /// Whether there is room for more input.
    package var wantsInput: Bool { waitingBytes < MCPConnection.waitingLimit }

    /// Takes what the client has sent.
    package mutating func receive(_ bytes: [UInt8]) {
        for line in splitter.take(bytes) { enqueue(line) }
    }

    /// Takes note that the client sends nothing more; what it has sent is still answered.
    package mutating func inputEnded() {
        if let line = splitter.finish() { enqueue(line) }
    }

    private mutating func enqueue(_ line: LineSplitter.Line) {
        let message = JSONRPCMessage(line)
        if case .notification("notifications/cancelled", let params) = message {
            if let id = params?["requestId"] { cancel(id) }
            return
        }
        let bytes = if case .whole(let line) = line { line.count } else { 1 }
        waiting.append((message, bytes))
        waitingBytes += bytes
    }

    private mutating func cancel(_ id: JSONText) {
        if answered?.id == id { answered?.isCancelled = true }
        subscriptions.removeAll { $0 == id }
        waiting.removeAll { message, bytes in
            // > "The `initialize` request MUST NOT be cancelled by clients" (2025-11-25, basic/utilities/cancellation)
            guard case .request(id, let method, _) = message, method != "initialize" else { return false }
            waitingBytes -= bytes
            return true
        }
    }

    /// Answers the oldest message that waits.
    ///
    /// - Returns: the lines for the client, to be handed to ``confirmed(_:)`` once more input was looked for.
    package mutating func prepareAnswer() -> String {
        guard !waiting.isEmpty else { return "" }
        let (message, bytes) = waiting.removeFirst()
        waitingBytes -= bytes
        if case .request(let id, _, _) = message, !server.isWriting(message) {
            answered = (id, false)
        } else {
            answered = nil  // what is queued cannot be taken back: its answer must tell
        }
        return MCPConnection.lines(answer(message))
    }

    /// The lines that may go to the client: none if the request was cancelled meanwhile.
    package mutating func confirmed(_ lines: String) -> String {
        defer { answered = nil }
        return answered?.isCancelled == true ? "" : lines
    }

    /// The lines with which the connection ends: open subscriptions are answered.
    package mutating func farewell() -> String {
        defer { subscriptions = [] }
        return MCPConnection.lines(
            subscriptions.map { id in
                MCPConnection.reply(
                    to: id,
                    .object([
                        "resultType": .string("complete"),
                        "_meta": ProtocolRevision.subscriptionMeta(id, withServer: true),
                    ]))
            })
    }

    /// No byte in them ends a line but the last, and none is obeyed by a terminal.
    private static func lines(_ replies: [JSONText]) -> String {
        replies.map { $0.escapedForTerminal + "\n" }.joined()
    }

    private static func reply(to id: JSONText, _ result: JSONText) -> JSONText {
        .object(["jsonrpc": .string("2.0"), "id": id, "result": result])
    }

    private mutating func answer(_ message: JSONRPCMessage) -> [JSONText] {
        switch message {
        case .request(let id, let method, let params):
            do throws(RPCError) { return try answer(id, method, params) } catch { return [error.reply(to: id)] }
        case .invalid(let error, let id): return [error.reply(to: id)]
        case .notification, .response: return []
        case .batch(let messages): return answer(batch: messages)
        }
    }

    /// Answers an array of messages: with an array of replies in the one revision that has them, with an error in others.
    private mutating func answer(batch messages: [JSONText]) -> [JSONText] {
        func refused(_ reason: String) -> [JSONText] { [RPCError(.invalidRequest, reason).reply(to: nil)] }
        guard agreed == ProtocolRevision.withBatches else {
            return refused("This revision has no batches: send one message a line.")
        }
        guard (1...MCPConnection.batchLimit).contains(messages.count) else {
            return refused("An array has from 1 to \(MCPConnection.batchLimit) messages.")
        }
        let replies = messages.flatMap { answer(JSONRPCMessage($0)) }
        return replies.isEmpty ? [] : [.array(replies)]
    }

    private mutating func answer(_ id: JSONText, _ method: String, _ params: JSONText?) throws(RPCError) -> [JSONText] {
        guard MCPServer.methods.contains(method) else {
            throw RPCError(
                .methodNotFound, "There is no method \(AgentText.line(method, limit: AgentText.nameLimit)) here.")
        }
        if method == "initialize" { return [MCPConnection.reply(to: id, try initialize(params))] }
        // Clients of the handshake may ask for a sign of life at any time.
        if method == "ping", params?["_meta"]?["io.modelcontextprotocol/protocolVersion"] == nil {
            return [MCPConnection.reply(to: id, .object([]))]
        }
        let revision = try ProtocolRevision.of(params, agreed: agreed)
        if method == "subscriptions/listen", revision == .stateless { return try subscribe(id) }
        return [MCPConnection.reply(to: id, try server.result(of: method, params, revision))]
    }

    private mutating func initialize(_ params: JSONText?) throws(RPCError) -> JSONText {
        guard let asked = params?["protocolVersion"]?.string else {
            throw RPCError(.invalidParams, "The params of initialize have a protocolVersion, which is a string.")
        }
        let version = ProtocolRevision.agreed(on: asked)
        agreed = version
        return .object([
            "protocolVersion": .string(version), "capabilities": MCPServer.capabilities,
            "serverInfo": ProtocolRevision.serverInfo, "instructions": .string(server.instructions),
        ])
    }

    /// Opens a subscription to nothing: the server offers no kind of notification, and says so.
    private mutating func subscribe(_ id: JSONText) throws(RPCError) -> [JSONText] {
        guard !subscriptions.contains(id) else { throw RPCError(.invalidRequest, "A request with this id is open.") }
        guard subscriptions.count < MCPConnection.subscriptionLimit else {
            throw RPCError(
                .invalidRequest, "\(MCPConnection.subscriptionLimit) subscriptions are open: cancel one first.")
        }
        subscriptions.append(id)
        return [
            .object([
                "jsonrpc": .string("2.0"), "method": .string("notifications/subscriptions/acknowledged"),
                "params": .object([
                    "_meta": ProtocolRevision.subscriptionMeta(id, withServer: false), "notifications": .object([]),
                ]),
            ])
        ]
    }
}
