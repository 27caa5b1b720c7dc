import ArgumentParser
import ConvoModel
import ConvoStore

/// The writes that a person selects: by their ids, by their states, or all that are not delivered.
struct OutboxSelection: ParsableArguments {
    /// The values of `--state`.
    ///
    /// They are listed by hand, because the parser takes longer than a query to derive them from the cases.
    enum State: String, ExpressibleByArgument {
        case queued
        case inDoubt = "in_doubt"
        case refused, held

        static let allValueStrings = ["queued", "in_doubt", "refused", "held"]
        static let defaultCompletionKind = CompletionKind.list(allValueStrings)
    }

    @Argument(
        help: "Their references (`convo outbox`), or other beginnings of their ids.", completion: .operation)
    var operations: [String] = []

    @Flag(help: "Every write that is not delivered.")
    var all = false

    @Option(
        help: ArgumentHelp("Those that are queued, in_doubt, refused or held; may be repeated.", valueName: "state"))
    var state: [State] = []

    func validate() throws {
        guard [!operations.isEmpty, all, !state.isEmpty].count(where: \.self) == 1 else {
            throw ValidationError("Give ids, --all or --state: one of the three.")
        }
    }

    /// The one id that was given; `nil` where several were, or none.
    var only: String? { operations.count == 1 ? operations[0] : nil }

    /// The selected writes: by `--all` or `--state` in the order of acceptance, otherwise in the order of the given
    /// ids.
    ///
    /// `--all` leaves out a write that is being sent. A given id that fits no write, or several, stands for its error.
    func writes(in store: Store) throws(StoreError) -> [Named] {
        guard operations.isEmpty else { return operations.map { name in Named(name, in: store) } }
        let states = Set(state.map(\.rawValue))
        return try store.outbox().filter { item in
            all ? item.state != .sending : states.contains(item.state.rawValue)
        }.map { Named(name: $0.id.rawValue, id: .success($0.id)) }
    }

    struct Named {
        /// The id as it was given.
        let name: String
        /// The id of the write; the error where `name` fits none, or several.
        let id: Result<OperationID, any Error>

        init(name: String, id: Result<OperationID, any Error>) {
            self.name = name
            self.id = id
        }

        fileprivate init(_ name: String, in store: Store) {
            self.name = name
            id = Result { try store.write(name).id }
        }
    }
}
