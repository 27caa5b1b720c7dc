import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct List: NamedVerb {
    static let name = "list"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "Conversations, newest activity first.",
        discussion: """
            The first column is a conversation's reference, by which every verb takes it. With a query, those in which \
            `convo search` finds something.
            """.withExamples(
                "convo list",
                "convo list budget --since 7d",
                "convo list --pending --sort name --output tsv"))

    @Argument(help: "Only those in which this search finds something (convo help search).")
    var query: [String] = []

    @Flag(help: "Only branches of other conversations.") var branch = false
    @Flag(help: "Only those with writes that are not delivered.") var pending = false
    @Flag(help: "Only those that were deleted on the server.") var deleted = false

    @Option(help: ArgumentHelp("Only those of agents whose ids begin so.", valueName: "agent")) var agent: String?
    @Option(help: ArgumentHelp("Only those of models whose names begin so.", valueName: "model"), completion: .model)
    var model: String?

    @Option(
        help: ArgumentHelp("Only those active from a day or time on: 2026-03-11, yesterday, 7d.", valueName: "when"))
    var since: String?

    @Option(help: "activity, created, name or entries.", transform: ConversationFilter.Order.named)
    var sort = ConversationFilter.Order.activity

    @Option(help: "At most so many.")
    var limit: Int?

    @Option(name: .shortAndLong, help: .output) var output: OutputFormat?
    @OptionGroup var common: CommonOptions

    static func taking(_ given: PlainArguments) -> List? {
        guard let limit = given.count(of: "--limit") else { return nil }
        var verb = List()
        (verb.query, verb.branch, verb.pending, verb.deleted) = (given.words, false, false, false)
        (verb.agent, verb.model, verb.since, verb.sort) = (nil, nil, nil, .activity)
        (verb.limit, verb.output, verb.common) = (limit, nil, .taking(given))
        return verb
    }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        _ = try OutputFormat.chosen(output, asJSON: common.json)
    }

    func run() throws {
        let store = try common.store()
        let filter = try filter(in: store)
        let (format, console) = (try OutputFormat.chosen(output, asJSON: common.json), common.console)
        guard format == .table else {
            return try console.printRows(format, columns: StoredConversation.members) { write in
                try store.forEachConversation(filter, limit: limit) { page in try write(page.map(\.json)) }
            }
        }
        try printTable(store, filter, console)
    }

    private func filter(in store: Store) throws -> ConversationFilter {
        var filter = ConversationFilter(query: query.isEmpty ? nil : query.joined(separator: " "))
        (filter.onlyBranches, filter.onlyPending, filter.onlyDeleted) = (branch, pending, deleted)
        (filter.agent, filter.model, filter.order) = (agent, model, sort)
        if let since { filter.since = try store.since(since) }
        return filter
    }

    private func printTable(_ store: Store, _ filter: ConversationFilter, _ console: Console) throws {
        let style = console.style
        try console.pageMade { write in
            var table = StoredConversation.table(sortedBy: sort)
            var isEmpty = true
            try store.forEachConversation(filter, limit: limit) { page in
                guard !page.isEmpty else { return }
                isEmpty = false
                let references = try store.references(of: page.map(\.id) + page.compactMap(\.parent?.conversation))
                for conversation in page { table.add(conversation.cells(style, references, sortedBy: sort)) }
                try write(Console.text(table.takeLines(width: style.width, ansi: style.ansi)))
            }
            guard isEmpty else { return }
            let isAll = filter == ConversationFilter()
            let words =
                isAll
                ? "There are no conversations here. Try `convo sync` or `convo start`."
                : "No conversation is like that; `convo list` shows all."
            try write(Console.text(words.wrapped(to: style.textWidth)))
        }
    }
}

extension ConversationFilter.Order {
    fileprivate static func named(_ name: String) throws -> ConversationFilter.Order {
        guard let order = ConversationFilter.Order(rawValue: name) else {
            throw ValidationError("--sort takes activity, created, name or entries.")
        }
        return order
    }
}

extension Store {
    /// The moment that `--since` names.
    ///
    /// - Parameter text: a day or a time.
    /// - Returns: its first moment.
    /// - Throws: `ValidationError` if it names none.
    func since(_ text: String) throws -> Timestamp {
        do throws(StoreError) {
            return try moment(text, for: "since")
        } catch {
            guard case .unreadableMoment = error else { throw error }
            throw ValidationError(
                "--since takes a day or a time: 2026-03-11, 2026-03, yesterday, 7d, 12h or 2026-03-11T10:00.")
        }
    }
}
