import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoTerminal
import ConvoWiring

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

/// What came of several writes that a person retried or cancelled at once: one that could not be says why, and keeps no other.
struct OutboxChange {
    enum Outcome {
        case changed(OutboxItem)
        case failed(String, Failure)
    }

    private(set) var outcomes: [Outcome] = []

    /// Does it to each of the writes.
    ///
    /// - Parameter change: gives the writes that it changed; these may be more than the one, and are not changed again.
    init(
        of writes: [OutboxSelection.Named], in store: Store,
        by change: (OperationID) throws(StoreError) -> [OperationID]
    ) {
        var done: Set<OperationID> = []
        for write in writes {
            do throws(StoreError) {
                let id = try write.id.get()
                guard !done.contains(id) else { continue }
                for changed in try change(id) where done.insert(changed).inserted {
                    outcomes.append(.changed(try store.operation(matching: changed.rawValue)))
                }
            } catch {
                outcomes.append(.failed(write.name, Failure(error)))
            }
        }
    }

    /// The first of what could not be changed.
    var failure: Failure? {
        outcomes.lazy.compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }.first
    }

    /// The writes as they stand now; what could not be changed with its reason.
    var json: JSONText {
        .array(
            outcomes.map { outcome in
                switch outcome {
                case .changed(let item): item.json
                case .failed(let name, let failure): failure.json.setting("id", to: .string(name))
                }
            })
    }

    var lines: [String] {
        guard !outcomes.isEmpty else { return ["There is no such write."] }
        return outcomes.map { outcome in
            switch outcome {
            case .changed(let item): "\(item.id) is \(item.state.words)."
            case .failed(let name, let failure): "\(name.sanitised(.line)): \(failure.message.sanitised(.line))"
            }
        }
    }
}
