import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// The outcomes where a person retries or cancels several writes at once.
///
/// A write that cannot be changed has its reason among the outcomes, and does not keep the others from being changed.
struct OutboxChange {
    enum Outcome {
        /// The write after the change.
        case changed(OutboxItem)
        /// The name that the person gave, and why the write was not changed.
        case failed(String, CLIError)
    }

    private(set) var outcomes: [Outcome] = []
    private let references: References

    /// Changes each of the writes.
    ///
    /// - Parameters:
    ///   - writes: the writes in the order in which they are changed.
    ///   - store: where they are.
    ///   - change: changes one write; returns all those that it changed, which may be more than the one, and which are
    ///     not changed again.
    init(
        of writes: [OutboxSelection.Named], in store: Store,
        by change: (OperationID) throws(StoreError) -> [OperationID]
    ) {
        var outcomes: [Outcome] = []
        var done: Set<OperationID> = []
        for write in writes {
            do {
                let id = try write.id.get()
                guard !done.contains(id) else { continue }
                for changed in try change(id) where done.insert(changed).inserted {
                    outcomes.append(.changed(try store.operation(matching: changed.rawValue)))
                }
            } catch {
                outcomes.append(
                    .failed(write.name, CLIError(error) ?? CLIError(.internal, code: "internal", message: "\(error)")))
            }
        }
        self.outcomes = outcomes
        // A person sees whole ids where the references cannot be read any more.
        references = (try? store.references(of: [], Array(done))) ?? References()
    }

    /// The error of the first write that could not be changed; `nil` where all were.
    var failure: CLIError? {
        outcomes.lazy.compactMap { if case .failed(_, let failure) = $0 { failure } else { nil } }.first
    }

    /// An array of the changed writes as they are now, and of the errors, each with the `id` that was asked for.
    var json: JSONText {
        .array(
            outcomes.map { outcome in
                switch outcome {
                case .changed(let item): item.json
                case .failed(let name, let failure): failure.json.setting("id", to: .string(name))
                }
            })
    }

    /// Prints the outcomes; or only the ids of what was changed, and no errors, which the command ends with.
    func print(_ console: Console, isQuiet: Bool) throws {
        guard isQuiet else { return try console.print(json: json) { _ in lines } }
        for case .changed(let item) in outcomes { try console.write("\(item.id)\n") }
    }

    var lines: [String] {
        guard !outcomes.isEmpty else { return ["There is no such write."] }
        return outcomes.map { outcome in
            switch outcome {
            case .changed(let item): "\(references[item.id]) is \(item.state.words)."
            case .failed(let name, let failure): "\(name.sanitised(.line)): \(failure.message.sanitised(.line))"
            }
        }
    }
}
