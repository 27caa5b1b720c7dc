import ArgumentParser
import ConvoStore

struct Search: NamedVerb {
    static let name = "search"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Full text of everything that was said, pending writes included.",
        discussion: """
            words here       all of them
            "in this order"  in a row
            pre*             begins so
            one OR other     either of them
            -word            not where it is
            role:user        or assistant
            type:message     or function, tool
            in:ID            by id or by a name
            tag:work         or tag:w*; -tag:work
            model:M agent:A  how they begin
            tool:T           -model:M others
            on:2026-03-11    that day
            on:2026-03       that month; on:2026
            on:today         or on:yesterday
            on:7d            a day, a week ago
            after:2026-03    from then on
            before:2026-03   up to then
            since:7d         12h, 2w, 3m, 1y
            is:pending       not delivered
            is:branch        in branches

            Case and accents don't matter; parts of Chinese, Japanese, Korean and Thai are found. Days and times are \
            those of your time zone (TZ); a time may name another one: 2026-03-11T10:00Z, T10:00+13:00. A date or time \
            that can't be read is an error; anything else that can't be read as one of these is text. See \
            convo-search(7).
            """.withExamples(
                #"convo search '"sorted by" sw*'"#,
                "convo search 'budget role:user since:2w -in:Notes'"))

    /// How many hits are shown where nothing else is asked for.
    static let usualLimit = 20

    @Argument(help: "What to look for.")
    var query: [String]

    @Option(help: "At most so many hits.")
    var limit = Search.usualLimit

    @Option(help: "relevance or date.", completion: .list(["relevance", "date"]), transform: SearchOrder.named)
    var sort = SearchOrder.relevance

    @Option(name: .shortAndLong, help: .output) var output: OutputFormat?
    @OptionGroup var common: CommonOptions

    static func taking(_ given: PlainArguments) -> Search? {
        guard !given.words.isEmpty, let limit = given.count(of: "--limit") else { return nil }
        var verb = Search()
        (verb.query, verb.limit, verb.sort) = (given.words, limit ?? Search.usualLimit, .relevance)
        (verb.output, verb.common) = (nil, .taking(given))
        return verb
    }

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
        _ = try OutputFormat.chosen(output, asJSON: common.json)
    }

    func run() throws {
        let store = try common.store()
        let text = query.joined(separator: " ")
        let results = try store.search(text, limit: limit, order: sort)
        func alternatives() throws -> [SearchAlternative] {
            results.total == 0 ? try store.alternatives(to: text) : []
        }
        let console = common.console
        switch try OutputFormat.chosen(output, asJSON: common.json) {
        case .json: try console.print(results.json(alternatives()))
        case .table:
            let layout = try SearchLayout(of: results, in: store)
            let others = try alternatives()
            try console.page { layout.lines($0, others) }
        case let format:
            try console.printRows(format, columns: SearchHit.members) { try $0(results.hits.map(\.json)) }
        }
    }
}

extension SearchOrder {
    fileprivate static func named(_ name: String) throws -> SearchOrder {
        guard let order = SearchOrder(rawValue: name) else { throw ValidationError("--sort takes relevance or date.") }
        return order
    }
}
