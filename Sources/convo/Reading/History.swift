import ArgumentParser
import ConvoStore

struct History: Verb {
    static let configuration = CommandConfiguration.verb(
        "history",
        abstract: "All entries of a conversation in order, then what is pending.")

    @Argument(help: .conversation) var conversation: String

    @Flag(help: "Show what tools said in full.")
    var full = false

    @Flag(help: "Also what the server no longer lists.")
    var dropped = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        let history = try store.history(of: id, withDropped: dropped)
        try common.console.page(json: history.json) { HistoryFormatter(style: $0, isWhole: full).lines(of: history) }
    }
}
