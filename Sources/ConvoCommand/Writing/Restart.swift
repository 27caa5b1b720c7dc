import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Restart: WritingCommand {
    static let configuration = CommandConfiguration.verb(
        "restart",
        abstract: "Queues a branch: a new conversation that goes on from an earlier entry.",
        discussion: "The branch holds everything up to that entry, and the entry itself.".withExamples(
            #"convo restart a8p3 --from msg_019c "Try another tone""#))

    @Argument(help: .conversation, completion: .conversation) var conversation: String

    @Option(
        help: ArgumentHelp("The entry's id, or a beginning of it that no other shares.", valueName: "entry"),
        completion: .entry)
    var from: String

    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("The agent's version.", valueName: "version"))
    var agentVersion: String?

    @Option(help: ArgumentHelp("The API's guardrails, as a JSON array or @FILE.", valueName: "json"))
    var guardrails: JSONArgument?

    @Option(help: ArgumentHelp("Metadata, as a JSON object or @FILE.", valueName: "json"))
    var metadata: JSONArgument?

    @OptionGroup var options: WritingOptions
    @OptionGroup var common: CommonOptions

    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite) {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        // The API requires inputs and accepts empty ones, so a person can make a branch without a text.
        let inputs = try input.read() ?? .text("")
        var request = RestartRequest(from: try entry(in: store.history(of: id)), inputs: inputs)
        request.agentVersion = agentVersion.map { Int($0).map { .int($0) } ?? .string($0) }
        request.guardrails = try guardrails?.value(of: "guardrails", .array)
        request.metadata = try metadata?.value(of: "metadata", .object)
        try options.apply(to: &request)
        return (store, { [request] in try store.restart(request, of: id) })
    }

    /// The entry whose id is `from`, or the only one whose id begins so.
    private func entry(in history: StoredHistory) throws -> EntryID {
        let ids = history.entries.compactMap(\.entry.id).filter { $0.rawValue.hasPrefix(from) }
        if let exact = ids.first(where: { $0.rawValue == from }) { return exact }
        guard let only = ids.first, !from.isEmpty else {
            throw StoreError.noSuchEntry(from, conversation: history.conversation.id)
        }
        guard ids.count == 1 else {
            let candidates = ids.prefix(10).map(\.rawValue).joined(separator: ", ")
            throw CLIError(
                .usage, code: "ambiguous_entry", message: "\"\(from)\" could be any of \(candidates).",
                hint: "Give more of the id.")
        }
        return only
    }
}
