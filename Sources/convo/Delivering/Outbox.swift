import ArgumentParser
import ConvoModel
import ConvoStore

struct Outbox: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "What is written here and not yet delivered.",
        subcommands: [Listing.self, Show.self, Retry.self, Edit.self, Cancel.self], defaultSubcommand: Listing.self)

    struct Listing: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The writes that are not delivered, in their order.")

        @Flag(help: "Also what is delivered or cancelled.")
        var all = false

        @OptionGroup var common: CommonOptions

        func run() throws {
            let items = try common.store().outbox(all: all)
            try common.console.page(json: .array(items.map(\.json))) { OutboxItem.table(items, $0) }
        }
    }

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One write, with the body that is sent.")

        @Argument(help: .operation) var operation: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let item = try common.store().operation(matching: operation)
            try common.console.print(json: item.jsonWithRequest) { item.lines($0) }
        }
    }

    struct Retry: Verb {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Sends a refused or held write again, with what waits for it.",
            discussion: "One that is in doubt is asked about again at once: it is never sent blindly.")

        @Argument(help: .operation) var operation: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            let id = try store.operation(matching: operation).id
            try store.retry(id)
            let item = try store.operation(matching: id.rawValue)
            try common.console.print(json: item.json) { _ in ["\(id) is \(item.state.words)."] }
        }
    }

    struct Cancel: Verb {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "Takes a write back that is not on the server.",
            discussion: "With a start or a branch goes what is queued behind it.")

        @Argument(help: .operation) var operation: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            let cancelled = try store.cancel(store.operation(matching: operation).id)
            let items = try cancelled.map { id throws in try store.operation(matching: id.rawValue) }
            try common.console.print(json: .array(items.map(\.json))) { _ in
                cancelled.map { "\($0) is cancelled." }
            }
        }
    }
}
