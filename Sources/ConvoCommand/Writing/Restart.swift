import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Restart: WritingCommand {
    static let name = "restart"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Queues a branch: a new conversation that goes on from an earlier entry.",
        discussion: "The branch holds everything up to that entry, and the entry itself.".withExamples(
            #"convo restart a8p3#12 "Try another tone""#,
            #"convo restart a8p3 --from msg_019c "Try another tone""#))

    @Argument(help: .conversation, completion: .conversation) var conversation: String

    @Option(
        help: ArgumentHelp(
            "The entry's number (#12), its id, or a beginning of that; or give CONVERSATION#12.", valueName: "entry"),
        completion: .entry)
    var from: String?

    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("The agent's version.", valueName: "version"))
    var agentVersion: String?

    @Option(help: ArgumentHelp("The API's guardrails, as a JSON array or @FILE.", valueName: "json"))
    var guardrails: JSONArgument?

    @Option(help: ArgumentHelp("Metadata, as a JSON object or @FILE.", valueName: "json"))
    var metadata: JSONArgument?

    @OptionGroup var options: WritingOptions
    var makesConversation: Bool { true }
    @OptionGroup var common: CommonOptions

    func prepare() throws -> (store: Store, queue: @Sendable () throws -> QueuedWrite) {
        let store = try common.store()
        let (id, entry) = try entry(in: store)
        // The API requires inputs and accepts empty ones, so a person can make a branch without a text.
        let inputs = try input.read() ?? .text("")
        var request = RestartRequest(from: entry, inputs: inputs)
        request.agentVersion = agentVersion.map { Int($0).map { .int($0) } ?? .string($0) }
        request.guardrails = try guardrails?.value(of: "guardrails", .array)
        request.metadata = try metadata?.value(of: "metadata", .object)
        try options.apply(to: &request)
        return (store, { [request] in try store.restart(request, of: id) })
    }

    /// The conversation, and the entry that is given by `--from` or behind the conversation's reference.
    private func entry(in store: Store) throws -> (LocalID, EntryID) {
        let lookup = ConversationLookup(store: store)
        let (id, entry) = try lookup.conversationAndEntry(conversation)
        switch (from, entry) {
        case (let from?, nil): return (id, try lookup.entry(from, in: id))
        case (nil, let entry?): return (id, entry)
        case (nil, nil): throw ValidationError("Give the entry to branch from: --from '#12', or \(conversation)#12.")
        case (_?, _?): throw ValidationError("Give the entry once: by --from, or behind the conversation.")
        }
    }
}
