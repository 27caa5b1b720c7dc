import ArgumentParser
import ConvoStore

struct Tree: Verb {
    static let configuration = CommandConfiguration.verb(
        "tree", abstract: "A conversation's family of branches.")

    @Argument(help: .conversation) var conversation: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        let tree = try store.tree(of: id)
        try common.console.print(json: tree.json) { tree.lines(marking: id, $0) }
    }
}
