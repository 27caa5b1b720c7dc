import ArgumentParser
import ConvoStore

struct Get: Verb {
    static let configuration = CommandConfiguration.verb("get", abstract: "What is known of one conversation.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let conversation = try common.store().conversation(matching: conversation)
        try common.console.print(json: conversation.jsonWithRaw) { conversation.lines($0) }
    }
}
