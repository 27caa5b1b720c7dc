import ArgumentParser
import ConvoModel
import ConvoStore

/// Which writes a person means: by their ids, by their states, or all that are not delivered.
struct OutboxSelection: ParsableArguments {
    /// Its values are said outright: what the parser derives from an enumeration's cases takes longer than a query.
    enum State: String, ExpressibleByArgument {
        case queued
        case inDoubt = "in_doubt"
        case refused, held

        static let allValueStrings = ["queued", "in_doubt", "refused", "held"]
        static let defaultCompletionKind = CompletionKind.list(allValueStrings)
    }

    @Argument(help: "Their ids (`convo outbox`), or beginnings of them that no other shares.")
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

    /// The one write that is named, where that is all that is asked for.
    var only: String? { operations.count == 1 ? operations[0] : nil }

    /// The writes in the order of acceptance, or as they are named; what names none says why.
    func writes(in store: Store) throws(StoreError) -> [Named] {
        guard operations.isEmpty else { return operations.map { name in Named(name, in: store) } }
        let states = Set(state.map(\.rawValue))
        return try store.outbox().filter { item in
            all ? item.state != .sending : states.contains(item.state.rawValue)
        }.map { Named(name: $0.id.rawValue, id: .success($0.id)) }
    }

    struct Named {
        let name: String
        let id: Result<OperationID, StoreError>

        init(name: String, id: Result<OperationID, StoreError>) {
            self.name = name
            self.id = id
        }

        fileprivate init(_ name: String, in store: Store) {
            self.name = name
            do { id = .success(try store.operation(matching: name).id) } catch { id = .failure(error) }
        }
    }
}
