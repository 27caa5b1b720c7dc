import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Get: NamedVerb {
    static let name = "get"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "What is known of one conversation.",
        discussion: "".withExamples(
            "convo get a8p3",
            "convo get a8p3 --json"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store).conversation(conversation)
        let conversation = try store.conversation(matching: id.rawValue)
        let names = try Names(of: [id] + [conversation.parent?.conversation].compactMap(\.self), in: store)
        try common.console.print(json: conversation.jsonWithRaw) { conversation.lines($0, names) }
    }
}

struct Tree: NamedVerb {
    static let name = "tree"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "A conversation's family of branches, and what waits in it.",
        discussion: "".withExamples(
            "convo tree a8p3"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store).conversation(conversation)
        let layout = try TreeLayout(of: store.tree(of: id), in: store)
        try common.console.page(json: layout.json) { layout.lines(marking: id, $0) }
    }
}
