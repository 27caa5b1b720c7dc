import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore

struct Delete: NamedVerb {
    static let name = "delete"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "Deletes a conversation where it is told to.",
        discussion: "".withExamples(
            "convo delete a8p3 --remote",
            "convo delete a8p3 --both --yes"))

    enum Place: EnumerableFlag {
        case local, remote, both

        static func help(for place: Place) -> ArgumentHelp? {
            switch place {
            case .local: "Here; the server keeps it, and no sync brings it back."
            case .remote: "On the server; the copy here stays."
            case .both: "On the server and here."
            }
        }

        var scope: DeletionScope {
            switch self {
            case .local: .local
            case .remote: .remote
            case .both: .both
            }
        }
    }

    @Argument(help: .conversation, completion: .conversation) var conversation: String
    @Flag var place: Place
    @Flag(name: .shortAndLong, help: .yes) var yes = false
    @Flag(name: .shortAndLong, help: .quiet) var quiet = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let store = try common.store()
        let id = try ConversationLookup(store: store, remembers: place == .remote).conversation(conversation)
        try Confirmation.require(question(store.conversation(matching: id.rawValue)), isGiven: yes, common.console)
        let receipt = try store.delete(id, place.scope)
        let json = JSONText.object([
            "id": .string(id.rawValue), "operation_id": .string(receipt?.operation.rawValue),
        ])
        guard !quiet else {
            if let receipt { try common.console.write("\(receipt.operation)\n") }
            return
        }
        let writes = [receipt?.operation].compactMap(\.self)
        let references = try store.references(of: [id], writes)
        try common.console.print(json: json) { _ in [said(id, receipt, references)] }
    }

    private func question(_ conversation: StoredConversation) -> String {
        let what = "\(conversation.id) \"\(conversation.title)\""
        let entries = conversation.entryCount == 1 ? "1 entry" : "\(conversation.entryCount) entries"
        let place =
            switch place {
            case .local: "here"
            case .remote: "on the server"
            case .both: "on the server and here"
            }
        return "Delete \(what), with \(entries), \(place)?"
    }

    private func said(_ id: LocalID, _ receipt: QueuedWrite?, _ references: References) -> String {
        let name = references[id]
        guard let receipt else {
            return place == .remote ? "\(name) is not on the server." : "\(name) is deleted here."
        }
        let here = place == .both ? "\(name) is deleted here; its" : "The"
        return "\(here) deletion on the server is queued as \(references[receipt.operation])."
    }
}
