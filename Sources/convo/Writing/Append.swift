import ArgumentParser
import ConvoModel
import ConvoStore

struct Append: WritingCommand {
    static let configuration = CommandConfiguration.verb(
        "append",
        abstract: "Queues entries for a conversation.",
        discussion: "They are durable when this returns, and delivered in order by convod or `convo sync`.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("Answers a function call; may be repeated.", valueName: "call-id=result"))
    var functionResult: [FunctionResult] = []

    @Option(help: ArgumentHelp("Confirms a call that waits for it; may be repeated.", valueName: "call-id=allow|deny"))
    var confirm: [ToolConfirmation] = []

    @OptionGroup var options: WritingOptions
    @OptionGroup var common: CommonOptions

    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite) {
        let request = try makeRequest()
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        return (store, { try store.append(request, to: id) })
    }

    private func makeRequest() throws -> AppendRequest {
        let given = try input.read()
        let inputs = functionResult.isEmpty ? given : .entries(functionResult.map(\.entry) + (given?.asEntries ?? []))
        guard inputs != nil || !confirm.isEmpty else {
            throw ValidationError("Give a text, --inputs, --function-result or --confirm.")
        }
        var request = inputs.map { AppendRequest(inputs: $0) } ?? AppendRequest(json: .object([]))
        if !confirm.isEmpty { request.toolConfirmations = .array(confirm.map(\.json)) }
        try options.apply(to: &request)
        return request
    }
}
