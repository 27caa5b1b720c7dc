import ArgumentParser
import ConvoJSON
import ConvoStore
import ConvoTerminal

struct Rename: NamedVerb {
    static let name = "rename"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Gives a conversation a name of your own, here only.",
        discussion: """
            The server has no way to rename a conversation: your name is kept beside the server's, and is never sent. \
            Lists and exports show it, `convo search` finds the conversation by both.
            """.withExamples("convo rename a8p3 Trip to Lyon", "convo rename a8p3 --clear"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @Argument(help: "The name; its words need no quotation marks.") var name: [String] = []
    @Flag(help: "Take your name away: the server's is shown again.") var clear = false
    @Flag(name: .shortAndLong, help: "Print nothing.") var quiet = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if clear == name.isEmpty { return }
        throw ValidationError(clear ? "Give either a name or --clear." : "Give a name, or --clear to take it away.")
    }

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store).conversation(conversation)
        try store.rename(id, to: clear ? nil : name.joined(separator: " "))
        let renamed = try store.conversation(matching: id.rawValue)
        let json = JSONText.object([
            "id": .string(id.rawValue), "name": .string(renamed.name), "local_name": .string(renamed.localName),
        ])
        if quiet { return }
        let reference = try store.references(of: [id])[id]
        try common.console.print(json: json) { _ in
            ["\(reference) is called \"\(renamed.title.sanitised(.line))\"\(clear ? " again" : "")."]
        }
    }
}
