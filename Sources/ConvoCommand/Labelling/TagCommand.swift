import ArgumentParser
import ConvoJSON
import ConvoStore
import ConvoTerminal

struct TagCommand: NamedVerb {
    static let name = "tag"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Adds tags to a conversation, or takes them away, here only.",
        discussion: """
            A tag is one word; case and accents don't matter. Tags are never sent. Without any, prints those that the \
            conversation has; `convo tags` prints all there are.
            """.withExamples(
                "convo tag a8p3 work urgent", "convo tag a8p3 --remove urgent", "convo search 'tag:work budget'"))

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @Argument(help: "The tags to add.", completion: .tag) var tags: [String] = []
    @Option(
        name: .long, parsing: .upToNextOption, help: ArgumentHelp("Tags to take away.", valueName: "tag"),
        completion: .tag
    ) var remove: [String] = []
    @Flag(name: .shortAndLong, help: "Print nothing.") var quiet = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store).conversation(conversation)
        let isChange = !tags.isEmpty || !remove.isEmpty
        let all =
            isChange
            ? try store.tag(id, adding: tags, removing: remove) : try store.conversation(matching: id.rawValue).tags
        let json = JSONText.object(["id": .string(id.rawValue), "tags": .array(all.map { .string($0) })])
        if quiet { return }
        let reference = try store.references(of: [id])[id]
        try common.console.print(json: json) { _ in
            [
                all.isEmpty
                    ? "\(reference) has no tags." : "\(reference): \(all.joined(separator: ", ").sanitised(.line))"
            ]
        }
    }
}

struct Tags: NamedVerb {
    static let name = "tags"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "All tags, with how many conversations have each.", discussion: "".withExamples("convo tags"))

    @OptionGroup var common: CommonOptions

    func run() throws {
        let tags = try common.store().tags()
        let json = JSONText.array(
            tags.map { .object(["tag": .string($0.tag), "conversations": .int($0.conversations)]) })
        try common.console.page(json: json) { style in
            guard !tags.isEmpty else { return ["There are no tags here. `convo tag CONVERSATION TAG` adds one."] }
            var table = Table([.flexible("TAG"), .fitting("CONVERSATIONS")])
            for tag in tags { table.add([tag.tag, String(tag.conversations)]) }
            return table.takeLines(width: style.width, ansi: style.ansi)
        }
    }
}
