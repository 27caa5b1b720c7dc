import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore

struct Conflict: NamedVerb {
    static let name = "conflict"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "What becomes of a queued message when another writer was faster.",
        discussion: """
            append: it goes behind what the other one wrote. branch: it makes a new conversation from the last entry \
            that you had seen. hold: it waits in the outbox for you. default: as the configuration says (conflict).
            """.withExamples(
                "convo conflict a8p3",
                "convo conflict a8p3 hold"))

    enum Choice: String, ExpressibleByArgument, CaseIterable {
        case append, branch, hold
        case `default`
    }

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @Argument(help: "append, branch, hold or default; without it, prints which.")
    var policy: Choice?
    @Flag(name: .shortAndLong, help: "Print nothing.") var quiet = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store).conversation(conversation)
        if let policy { try store.setConflictPolicy(ConflictPolicy(rawValue: policy.rawValue), of: id) }
        let own = try store.conflictPolicy(of: id)?.rawValue
        let json = JSONText.object(["id": .string(id.rawValue), "conflict": .string(own)])
        if quiet { return }
        let reference = try store.references(of: [id])[id]
        try common.console.print(json: json) { _ in ["\(reference): \(own ?? "as the configuration says")"] }
    }
}
