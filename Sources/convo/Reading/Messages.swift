import ArgumentParser
import ConvoStore

struct Messages: ParsableCommand {
    static let configuration = CommandConfiguration.verb(
        "messages", abstract: "The messages of a conversation, without tools.")

    @OptionGroup var which: ConversationArgument
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let history = try store.history(of: store.localID(matching: which.conversation))
        try common.console.page(json: history.messagesJSON) {
            Chat(style: $0, isWhole: true).lines(of: history, messagesOnly: true)
        }
    }
}
