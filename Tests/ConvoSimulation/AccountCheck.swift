import ConvoModel

/// A database belongs to one account: nothing of ours is ever in another, and nothing of another in our mirror.
package enum AccountCheck {
    /// The database is given to another account.
    package struct Change: Sendable {
        package let at: VirtualInstant
        package let to: Tenant
        package init(at: VirtualInstant, to: Tenant) { (self.at, self.to) = (at, to) }
    }

    /// - Parameters:
    ///   - mirror: as it is in the end.
    ///   - changes: when the database, which is ours at first, was given to whom.
    package static func violations(
        neighbour: SimulatedServer, elsewhere: SimulatedServer, mirror: MirrorSnapshot, audit: Audit,
        changes: [Change] = []
    ) -> [Violation] {
        var violations: [Violation] = []
        for (name, server) in [("the neighbour", neighbour), ("the other server", elsewhere)] {
            for turn in server.turns {
                guard let call = turn.cause.call else { continue }
                violations.append(Violation(.wrongAccount, "request \(call) left a turn with \(name)"))
            }
            let theirs = Set(server.conversations.map(\.id))
            violations += mirror.conversations.filter { theirs.contains($0.id) }
                .map { Violation(.wrongAccount, "\($0.id) of \(name) is in the mirror") }
        }
        // Also a deletion: whoever asks with the key of another account is told that the conversation is not there.
        func owner(at instant: VirtualInstant) -> Tenant { changes.last { $0.at <= instant }?.to ?? .ours }
        violations += audit.records.filter { $0.request.isWrite && owner(at: $0.sentAt) != ($0.tenant ?? .ours) }
            .map {
                Violation(
                    .wrongAccount, "request \($0.number) is a \($0.request.name) with a key that is not the database's")
            }
        return violations
    }
}
