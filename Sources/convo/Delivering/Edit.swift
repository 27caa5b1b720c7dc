import ArgumentParser
import ConvoModel
import ConvoStore

extension Outbox {
    struct Edit: Verb {
        static let configuration = CommandConfiguration(
            commandName: "edit",
            abstract: "Changes what a write says that is not on the server.",
            discussion: "A refused one stays refused until `convo outbox retry`.")

        @Argument(help: .operation) var operation: String
        @OptionGroup var input: InputOptions
        @OptionGroup var common: CommonOptions

        func run() throws {
            guard let inputs = try input.read() else { throw ValidationError("Give a text or --inputs.") }
            let store = try common.store()
            let id = try store.operation(matching: operation).id
            try store.edit(id, inputs: inputs)
            let item = try store.operation(matching: id.rawValue)
            try common.console.print(json: item.jsonWithRequest) { _ in ["\(id) is changed, and \(item.state.words)."] }
        }
    }
}
