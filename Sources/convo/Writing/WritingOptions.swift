import ArgumentParser
import ConvoModel

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
