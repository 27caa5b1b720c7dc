import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// A verb that queues a write, and with `--wait` or `--stream` delivers it.
protocol WritingCommand: NamedVerb {
    var options: WritingOptions { get }
    var common: CommonOptions { get }
    /// Whether the write makes a conversation.
    var makesConversation: Bool { get }

    /// Checks the arguments and opens the store.
    ///
    /// - Returns: the store, and a closure that puts the write into the outbox.
    /// - Throws: the error in the arguments, or what keeps the store from being opened.
    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite)
}

extension WritingCommand {
    /// Queues the write and, where the person waits for it, delivers it.
    ///
    /// A write that is only queued needs no other thread than the one that reads the arguments.
    func perform() async throws {
        if options.quiet, options.stream || common.json {
            throw ValidationError("--quiet prints the id alone: leave out \(options.stream ? "--stream" : "--json").")
        }
        let (store, queue) = try prepare()
        @Sendable func queueAndRemember() throws -> QueuedWrite {
            let receipt = try queue()
            LastConversation(of: store.path).note(receipt.conversation)
            return receipt
        }
        if options.isWaiting {
            try await deliver(in: store, queue: queueAndRemember)
        } else {
            try tell(queueAndRemember(), in: store)
        }
    }

    /// What `--quiet` prints: the id of what the command has made, a conversation or a write to one.
    private func id(of receipt: QueuedWrite) -> String {
        makesConversation ? receipt.conversation.rawValue : receipt.operation.rawValue
    }

    /// Queues the write, delivers it, and tells the person, or the program, what came of it.
    private func deliver(in store: Store, queue: @escaping @Sendable () throws -> QueuedWrite) async throws {
        let delivery = WriteDelivery(
            store: store, engine: Result { try common.engine(for: store) }, isStreaming: options.stream,
            console: common.console, isQuiet: options.quiet)
        let delivered = try await untilInterrupted { try await delivery.deliver(queue) }
        // The write is in the outbox although it was not sent, so a program needs its id.
        if case .failure = delivered.outcome, common.json || options.quiet { try tell(delivered.receipt, in: store) }
        let answer = Delivery(
            item: try delivered.outcome.get(), history: try store.history(of: delivered.receipt.conversation),
            known: delivered.known)
        try delivered.receipt.whilePrinting(answer.item.state) {
            if options.quiet { return try common.console.write(id(of: delivered.receipt) + "\n") }
            try common.console.print(json: answer.json) { answer.lines($0, isShownAlready: delivered.isShown) }
        }
        if let failure = answer.failure { throw failure }
    }

    /// Prints what was queued.
    private func tell(_ receipt: QueuedWrite, in store: Store) throws {
        try receipt.whilePrinting(receipt.state) {
            if options.quiet { return try common.console.write(id(of: receipt) + "\n") }
            try common.console.print(json: receipt.json) { _ in [receipt.words(in: store)] }
        }
    }
}

/// The options that start, append and restart share: the API's parameters, and whether the write is delivered at once.
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

    @Flag(name: .shortAndLong, help: "Print only the id: a new conversation's, or else the write's.")
    var quiet = false

    /// Whether the command waits for the delivery.
    var isWaiting: Bool { wait || stream }

    /// Sets the parameters that were given; the request leaves out the others, so the server's defaults hold.
    func apply(to request: inout some WriteRequest) throws {
        if let store { request.store = store }
        if let handoffExecution { request.handoffExecution = handoffExecution.rawValue }
        if let completionArgs { request.completionArgs = try completionArgs.value(of: "completion-args", .object) }
    }
}

extension WritingOptions {
    /// The options of a write that is only queued.
    static var queueing: WritingOptions {
        var options = WritingOptions()
        (options.store, options.handoffExecution, options.completionArgs) = (nil, nil, nil)
        (options.wait, options.stream, options.quiet) = (false, false, false)
        return options
    }
}

/// The values of `--handoff-execution`.
///
/// They are listed by hand, because the parser takes longer than a query to derive them from the cases.
enum HandoffExecution: String, ExpressibleByArgument {
    case client, server

    static let allValueStrings = ["client", "server"]
    static let defaultCompletionKind = CompletionKind.list(allValueStrings)
}

extension QueuedWrite {
    /// The write in words, for a person: with references, or whole ids where these cannot be read any more.
    func words(in store: Store) -> String {
        let references = (try? store.references(of: [conversation], [operation])) ?? References()
        return "\(references[conversation]) \(state.words) as \(references[operation])"
    }

    var json: JSONText {
        .object([
            "id": .string(conversation.rawValue), "operation_id": .string(operation.rawValue),
            "state": .string(state.rawValue),
        ])
    }

    /// Prints, and on failure says that the write is in the outbox all the same.
    ///
    /// - Parameters:
    ///   - state: where the write stands, for the message.
    ///   - print: writes to standard output.
    /// - Throws: ``CLIError`` `output_failed` where the output cannot be written; anything else that `print` throws.
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
