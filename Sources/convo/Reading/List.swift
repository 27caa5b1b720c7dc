import ArgumentParser
import ConvoModel
import ConvoStore

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
