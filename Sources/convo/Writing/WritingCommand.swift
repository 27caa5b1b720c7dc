import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoTerminal
import Glibc

/// A verb that queues a write, and delivers it where that is asked for.
protocol WritingCommand: Verb {
    var options: WritingOptions { get }
    var common: CommonOptions { get }

    /// Checks what is asked for, and gives the act of queueing it.
    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite)
}

extension WritingCommand {
    /// Where nothing is waited for, the thread that reads the arguments does it all, and no other is started.
    func perform() async throws {
        let (store, queue) = try prepare()
        if options.isWaiting { try await deliver(in: store, queue: queue) } else { try tell(queue()) }
    }

    /// Queues the write, delivers it, and tells the person, or the program, what came of it.
    private func deliver(in store: Store, queue: @escaping @Sendable () throws -> QueuedWrite) async throws {
        let delivery = WriteDelivery(
            store: store, engine: Result { try common.engine(for: store) }, isStreaming: options.stream,
            console: common.console)
        let delivered = try await untilInterrupted { try await delivery.deliver(queue) }
        // The write is durable whatever keeps it from being sent.
        if case .failure = delivered.outcome, common.json { try tell(delivered.receipt) }
        let answer = Delivery(
            item: try delivered.outcome.get(), history: try store.history(of: delivered.receipt.conversation),
            known: delivered.known)
        try delivered.receipt.whilePrinting(answer.item.state) {
            try common.console.print(json: answer.json) { answer.lines($0, isShownAlready: delivered.isShown) }
        }
        if let failure = answer.failure { throw failure }
    }

    /// Tells what was queued.
    private func tell(_ receipt: QueuedWrite) throws {
        try receipt.whilePrinting(receipt.state) {
            try common.console.print(json: receipt.json) { _ in [receipt.words] }
        }
    }
}

/// What start, append and restart share: the API's parameters, and what happens to a write after it is durable.
struct WritingOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Whether the server keeps the exchange; without it, it is kept here only.")
    var store: Bool?

    @Option(help: ArgumentHelp("Who carries out handoffs.", valueName: "who"))
    var handoffExecution: HandoffExecution?

    @Option(help: ArgumentHelp("The API's completion_args, as JSON or @FILE.", valueName: "json"))
    var completionArgs: JSONArgument?

    @Flag(help: "Deliver it now, wait for the answer and print it.")
    var wait = false

    @Flag(help: "The same, printing the answer as it comes.")
    var stream = false

    /// Whether the delivery is waited for.
    var isWaiting: Bool { wait || stream }

    /// Puts into a request what was given; the rest stays the server's default.
    func apply(to request: inout some WriteRequest) throws {
        if let store { request.store = store }
        if let handoffExecution { request.handoffExecution = handoffExecution.rawValue }
        if let completionArgs { request.completionArgs = try completionArgs.value(of: "completion-args", .object) }
    }
}

/// Its values are said outright: what the parser derives from an enumeration's cases takes longer than a query.
enum HandoffExecution: String, ExpressibleByArgument {
    case client, server

    static let allValueStrings = ["client", "server"]
    static let defaultCompletionKind = CompletionKind.list(allValueStrings)
}

extension QueuedWrite {
    /// What a person is told of it.
    var words: String { "\(conversation) \(state.words) as \(operation)" }

    var json: JSONText {
        .object([
            "id": .string(conversation.rawValue), "operation_id": .string(operation.rawValue),
            "state": .string(state.rawValue),
        ])
    }

    /// Prints something of the write, which is there whether or not that works: a failure says so.
    func whilePrinting(_ state: OperationState, _ print: () throws -> Void) throws {
        do {
            try print()
        } catch TerminalDevice.WriteFailure.failed(let code) {
            throw CLIError(
                .diskError, code: "output_failed",
                message: "Can't write the output: \(String(cString: strerror(code))). "
                    + "The write to \(conversation) is \(state.words) as \(operation).",
                hint: "It needs no repeating: see `convo outbox show \(operation)`.")
        }
    }
}
