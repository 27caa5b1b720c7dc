import ConvoAPI
package import ConvoModel

/// What is too large to be read is asked for once for each version, not at each look.
package enum WasteCheck {
    /// - Parameters:
    ///   - written: conversations that we write to: each write looks for its place in the history.
    ///   - lives: how many processes of ours there were; each may have died before it wrote down what it had met.
    package static func violations(in audit: Audit, written: Set<RemoteID>, lives: Int) -> [Violation] {
        var counts: [RemoteID: Int] = [:]
        for record in audit.records {
            guard case .history(let id) = record.request, !written.contains(id),
                case .failed(.answerTooLarge, _, _) = record.outcome
            else { continue }
            counts[id, default: 0] += 1
        }
        // A version that the server changed meanwhile is another one: others do that a few times in a run.
        let limit = versions + lives
        return counts.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $0.value > limit }
            .map { Violation(.wasteful, "the history of \($0.key) was too large \($0.value) times") }
    }

    static let versions = 8
}
