import ArgumentParser
import ConvoStore

struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Full text of everything that was said, pending writes included.",
        discussion: """
            words here        entries that hold all of them
            "in this order"   the words in a row
            pre*              words that begin so
            -word             not where this word is
            one OR other      either of them

            Case and accents make no difference; parts of Chinese, Japanese, Korean and Thai text are found too. \
            What can't be read as an operator is text: nothing that you type is an error.
            """)

    @Argument(help: "What to look for.")
    var query: [String]

    @Option(help: "At most so many hits.")
    var limit = 20

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
    }

    func run() throws {
        let results = try common.store().search(query.joined(separator: " "), limit: limit)
        try common.console.page(json: results.json) { results.lines($0) }
    }
}
