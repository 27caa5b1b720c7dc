import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore

struct Get: Verb {
    static let configuration = CommandConfiguration.verb("get", abstract: "What is known of one conversation.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let conversation = try common.store().conversation(matching: conversation)
        try common.console.print(json: conversation.jsonWithRaw) { conversation.lines($0) }
    }
}

struct List: Verb {
    static let configuration = CommandConfiguration.verb(
        "list", abstract: "Conversations, newest activity first.")

    @Option(help: "At most so many.")
    var limit: Int?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() throws {
        let conversations = try common.store().conversations(limit: limit)
        try common.console.page(json: .array(conversations.map(\.json))) {
            StoredConversation.table(conversations, $0)
        }
    }
}

struct Tree: Verb {
    static let configuration = CommandConfiguration.verb(
        "tree", abstract: "A conversation's family of branches.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        let tree = try store.tree(of: id)
        try common.console.print(json: tree.json) { tree.lines(marking: id, $0) }
    }
}
