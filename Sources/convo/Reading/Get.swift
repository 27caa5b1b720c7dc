import ArgumentParser
import ConvoStore

struct Get: ParsableCommand {
    static let configuration = CommandConfiguration.verb("get", abstract: "What is known of one conversation.")

    @OptionGroup var which: ConversationArgument
    @OptionGroup var common: CommonOptions

    func run() throws {
        let conversation = try common.store().conversation(matching: which.conversation)
        try common.console.print(json: conversation.jsonWithRaw) { conversation.lines($0) }
    }
}
