import ConvoApp
import ConvoModel
import ConvoStore
import ConvoTerminal

/// What came of several writes that a person retried or cancelled at once: one that could not be says why, and keeps no other.
struct OutboxChange {
    enum Outcome {
        case changed(OutboxItem)
        case failed(String, CLIError)
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
                outcomes.append(.failed(write.name, CLIError(error)))
            }
        }
    }

    /// The first of what could not be changed.
    var failure: CLIError? {
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
