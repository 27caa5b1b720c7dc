package import ConvoModel

/// The exchanges that the server was not to store (`store: false`) are shown whole, and in the order of their writes.
package enum AsideCheck {
    /// At rest: each conversation shows the turns of our delivered writes in the order of acceptance, and nothing stands within an
    /// exchange that only our disk has.
    ///
    /// - Parameters:
    ///   - outbox: the outbox now.
    ///   - order: what readers are shown of each conversation, in order.
    ///   - audit: the requests of all our processes.
    ///   - turns: the turns that the server has committed.
    ///   - homes: in which conversation each write was queued; writes of different ones have no common order.
    ///   - excused: the writes that may be there more than once, or in another order.
    /// - Returns: a violation for each exchange with a missing part, or in a wrong place.
    package static func violations(
        outbox: OutboxSnapshot, order: [LocalID: [EntryID]], audit: Audit, turns: [Turn],
        homes: [OperationID: LocalID], excused: Set<OperationID>
    ) -> [Violation] {
        let writes = audit.records.reduce(into: [Int: OperationID]()) { $0[$1.number] = $1.operation }
        let made = turns.reduce(into: [OperationID: Turn]()) { made, turn in
            if let call = turn.cause.call, let id = writes[call] { made[id] = turn }
        }
        // Where every exchange is stored, the server's own order is what the mirror is compared with.
        guard made.values.contains(where: { !$0.stored }) else { return [] }
        var violations: [Violation] = []
        for (conversation, items) in Dictionary(grouping: outbox.items, by: \.conversation) {
            guard let shown = order[conversation] else { continue }  // deleted here
            let places = Dictionary(shown.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            var end = -1
            for item in items where item.state == .delivered && !excused.contains(item.id) {
                guard let turn = made[item.id], homes[item.id] ?? conversation == conversation else { continue }
                let inputs = turn.stored ? turn.inputs : [EntryID("local_\(item.id)_0")]
                let found = (inputs + turn.outputs).compactMap { places[$0] }
                if !turn.stored {
                    if found.count != 1 + turn.outputs.count {
                        violations.add(
                            .forgotten,
                            "of the unstored \(item.id), \(inputs + turn.outputs) are not all shown: \(shown)")
                    }
                    if zip(found, found.dropFirst()).contains(where: { $1 != $0 + 1 }) {
                        violations.add(.wrongOrder, "something stands within the unstored \(item.id)")
                    }
                }
                if let first = found.min(), first <= end {
                    violations.add(.wrongOrder, "\(item.id) is shown before an earlier write: \(shown)")
                }
                end = max(end, found.max() ?? end)
            }
        }
        return violations
    }
}
