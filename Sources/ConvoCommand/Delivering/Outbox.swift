import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore

struct Outbox: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "What is written here and not yet delivered.",
        subcommands: [List.self, Show.self, Retry.self, Edit.self, Cancel.self], defaultSubcommand: List.self)

    struct List: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "The writes that are not delivered, in their order.",
            discussion: "".withExamples(
                "convo outbox",
                "convo outbox --all"))

        @Flag(help: "Also what is delivered or cancelled.")
        var all = false

        @Option(name: .shortAndLong, help: .output) var output: OutputFormat?
        @OptionGroup var common: CommonOptions

        func validate() throws { _ = try OutputFormat.chosen(output, asJSON: common.json) }

        func run() throws {
            let format = try OutputFormat.chosen(output, asJSON: common.json)
            let store = try common.store()
            let items = try store.outbox(all: all)
            guard format == .table else {
                return try common.console.printRows(format, columns: OutboxItem.members) { try $0(items.map(\.json)) }
            }
            let names = try Names(of: items.map(\.conversation), writes: items.map(\.id), in: store)
            try common.console.page { OutboxItem.table(items, $0, names) }
        }
    }

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One write, with the body that is sent.",
            discussion: "".withExamples(
                "convo outbox show op_01"))

        @Argument(help: .operation, completion: .operation) var operation: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            let item = try store.write(operation)
            let names = try Names(of: [item.conversation], writes: [item.id], in: store)
            try common.console.print(json: item.jsonWithRequest) { item.lines($0, names) }
        }
    }

    struct Retry: Verb {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Sends refused or held writes again, with what waits for them.",
            discussion: "One that is in doubt is asked about again at once: it is never sent blindly.".withExamples(
                "convo outbox retry op_01",
                "convo outbox retry --state held"))

        @OptionGroup var selection: OutboxSelection
        @Flag(name: .shortAndLong, help: "Print only the ids of the writes that are changed.") var quiet = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            if let name = selection.only {
                let id = try store.write(name).id
                try store.retry(id)
                let item = try store.operation(matching: id.rawValue)
                if quiet { return try common.console.write("\(id)\n") }
                let references = try store.references(of: [], [id])
                return try common.console.print(json: item.json) { _ in
                    // Another one in front of it may be refused or held.
                    let reason = item.state == .held ? item.reason.map { ": \($0.message)" } : nil
                    return ["\(references[id]) is \(item.state.words)\(reason ?? "")."]
                }
            }
            let change = OutboxChange(of: try selection.writes(in: store), in: store) { id throws(StoreError) in
                try store.retry(id)
                return [id]
            }
            try change.print(common.console, isQuiet: quiet)
            if let failure = change.failure { throw failure }
        }
    }

    struct Cancel: Verb {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "Takes writes back that are not on the server.",
            discussion:
                "With a start or a branch goes what is queued behind it."
                .withExamples(
                    "convo outbox cancel op_01",
                    "convo outbox cancel --all --yes"))

        @OptionGroup var selection: OutboxSelection
        @Flag(name: .shortAndLong, help: .yes) var yes = false
        @Flag(name: .shortAndLong, help: "Print only the ids of the writes that are changed.") var quiet = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            let store = try common.store()
            let writes = try selection.writes(in: store)
            if selection.operations.isEmpty, !writes.isEmpty {
                let what = writes.count == 1 ? "1 write" : "\(writes.count) writes"
                try Confirmation.require(
                    "Take \(what) back? They are not sent then.", isGiven: yes, common.console)
            }
            let change = OutboxChange(of: writes, in: store) { id throws(StoreError) in
                try store.cancel(id)
            }
            if selection.only != nil, let failure = change.failure { throw failure }
            try change.print(common.console, isQuiet: quiet)
            if let failure = change.failure { throw failure }
        }
    }
}

extension Outbox {
    struct Edit: Verb {
        static let configuration = CommandConfiguration(
            commandName: "edit",
            abstract: "Changes what a write says that is not on the server.",
            discussion: "A refused one stays refused until `convo outbox retry`.".withExamples(
                #"convo outbox edit op_01 "Better words""#))

        @Argument(help: .operation, completion: .operation) var operation: String
        @OptionGroup var input: InputOptions
        @Flag(name: .shortAndLong, help: .quiet) var quiet = false
        @OptionGroup var common: CommonOptions

        func run() throws {
            guard let inputs = try input.read() else { throw ValidationError("Give a text or --inputs.") }
            let store = try common.store()
            let id = try store.write(operation).id
            try store.edit(id, inputs: inputs)
            let item = try store.operation(matching: id.rawValue)
            if quiet { return try common.console.write("\(id)\n") }
            let references = try store.references(of: [], [id])
            try common.console.print(json: item.jsonWithRequest) { _ in
                ["\(references[id]) is changed, and \(item.state.words)."]
            }
        }
    }
}
