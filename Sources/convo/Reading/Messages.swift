import ArgumentParser
import ConvoStore

struct Messages: Verb {
    static let configuration = CommandConfiguration.verb(
        "messages", abstract: "The messages of a conversation, without tools.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let history = try store.history(of: store.localID(matching: conversation))
        try common.console.page(json: history.messagesJSON) {
            HistoryFormatter(style: $0, isWhole: true).lines(of: history, messagesOnly: true)
        }
    }
}
