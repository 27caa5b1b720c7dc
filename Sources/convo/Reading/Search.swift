import ArgumentParser
import ConvoStore

struct Search: Verb {
    static let configuration = CommandConfiguration.verb(
        "search",
        abstract: "Full text of everything that was said, pending writes included.",
        discussion: """
            words here       all of them     "in this order"   in a row
            pre*             begins so       one OR other      either of them
            -word            not where it is
            role:user        or assistant    type:message      or function, tool
            in:ID            a conversation, by its id or a part of its name
            model:M agent:A  tool:T          all by how they begin; -model:M others
            before:2026-01   after:2026-01-31   since:7d       or 12h, 2w, 3m, 1y
            is:pending       not delivered   is:branch         in branches
            Case and accents don't matter; parts of Chinese, Japanese, Korean and
            Thai are found. What can't be read as one of these is text.
            """)

    @Argument(help: "What to look for.")
    var query: [String]

    @Option(help: "At most so many hits.")
    var limit = 20

    @Option(help: "relevance or date.", transform: SearchOrder.named)
    var sort = SearchOrder.relevance

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
    }

    func run() throws {
        let results = try common.store().search(query.joined(separator: " "), limit: limit, order: sort)
        try common.console.page(json: results.json) { results.lines($0) }
    }
}

extension SearchOrder {
    fileprivate static func named(_ name: String) throws -> SearchOrder {
        guard let order = SearchOrder(rawValue: name) else { throw ValidationError("--sort takes relevance or date.") }
        return order
    }
}
