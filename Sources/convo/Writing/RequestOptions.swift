import ArgumentParser
import ConvoModel

/// The API's parameters that start, append and restart share.
struct RequestOptions: ParsableArguments {
    enum HandoffExecution: String, CaseIterable, ExpressibleByArgument { case client, server }

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the server keeps the exchange; without it, it is kept here only.")
    var store: Bool?

    @Option(help: ArgumentHelp("Who carries out handoffs: client or server.", valueName: "who"))
    var handoffExecution: HandoffExecution?

    @Option(help: ArgumentHelp("The API's completion_args, as JSON or @FILE.", valueName: "json"))
    var completionArgs: JSONArgument?

    /// Puts into a request what was given; the rest stays the server's default.
    func apply(to request: inout some WriteRequest) throws {
        if let store { request.store = store }
        if let handoffExecution { request.handoffExecution = handoffExecution.rawValue }
        if let completionArgs { request.completionArgs = try completionArgs.value(of: "completion-args", .object) }
    }
}
