import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Get: Verb {
    static let configuration = CommandConfiguration.verb(
        "get", abstract: "What is known of one conversation.",
        discussion: "".withExamples(
            "convo get a8p3",
            "convo get a8p3 --json"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let conversation = try common.store().conversation(matching: conversation)
        try common.console.print(json: conversation.jsonWithRaw) { conversation.lines($0) }
    }
}

struct List: Verb {
    static let configuration = CommandConfiguration.verb(
        "list", abstract: "Conversations, newest activity first.",
        discussion: "".withExamples(
            "convo list",
            "convo list --limit 5 --json"))

    @Option(help: "At most so many.")
    var limit: Int?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() throws {
        let (store, console) = (try common.store(), common.console)
        try console.asJSON ? printJSON(store, console) : printTable(store, console)
    }

    private func printTable(_ store: Store, _ console: Console) throws {
        let style = console.style
        try console.pageMade { write in
            var table = StoredConversation.table
            var isEmpty = true
            try store.forEachConversation(limit: limit) { page in
                for conversation in page { table.add(conversation.cells(style)) }
                guard !page.isEmpty else { return }
                isEmpty = false
                try write(Console.text(table.takeLines(width: style.width, ansi: style.ansi)))
            }
            guard isEmpty else { return }
            try write(Console.text(["There are no conversations here. Try `convo sync` or `convo start`."]))
        }
    }

    private func printJSON(_ store: Store, _ console: Console) throws {
        try console.printMade { write in
            var start = "["
            try store.forEachConversation(limit: limit) { page in
                guard !page.isEmpty else { return }
                try write(start + page.map(\.json.text).joined(separator: ","))
                start = ","
            }
            try write(start == "[" ? "[]" : "]")
        }
    }
}

struct Tree: Verb {
    static let configuration = CommandConfiguration.verb(
        "tree", abstract: "A conversation's family of branches.",
        discussion: "".withExamples(
            "convo tree a8p3"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        let tree = try store.tree(of: id)
        try common.console.print(json: tree.json) { tree.lines(marking: id, $0) }
    }
}
