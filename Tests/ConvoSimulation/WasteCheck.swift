import ConvoAPI
package import ConvoModel

/// A history that is too large to be read is requested once for each version of its conversation, not at each pull.
package enum WasteCheck {
    /// - Parameters:
    ///   - audit: the requests of all our processes.
    ///   - written: the conversations that we write to, which are not judged: each write reads the history for its
    ///     base.
    ///   - lives: how many processes of ours there were; each may have died before it stored that a history is too
    ///     large.
    /// - Returns: a violation for each history that was requested too often.
    package static func violations(in audit: Audit, written: Set<RemoteID>, lives: Int) -> [Violation] {
        var counts: [RemoteID: Int] = [:]
        for record in audit.records {
            guard case .history(let id) = record.request, !written.contains(id),
                case .failed(.answerTooLarge, _, _) = record.outcome
            else { continue }
            counts[id, default: 0] += 1
        }
        // Other writers change a conversation a few times in a run, and each change makes a new version.
        let limit = versions + lives
        return counts.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $0.value > limit }
            .map { Violation(.wasteful, "the history of \($0.key) was too large \($0.value) times") }
    }

    static let versions = 8
}
