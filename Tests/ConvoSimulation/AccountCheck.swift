import ConvoModel

/// A database belongs to one account: nothing of ours ever reaches another account, and nothing of another account
/// reaches our mirror.
package enum AccountCheck {
    /// A change of the account that the database belongs to.
    package struct Change: Sendable {
        package let at: VirtualInstant
        package let to: Tenant
        package init(at: VirtualInstant, to: Tenant) { (self.at, self.to) = (at, to) }
    }

    /// No process of ours has the key of the account to which the database was given: until it is taken back, nothing is stored.
    ///
    /// - Parameters:
    ///   - given: the mirror when the database was given away.
    ///   - now: the mirror before it is taken back.
    /// - Returns: a violation for each conversation that has changed.
    package static func storings(given: MirrorSnapshot, now: MirrorSnapshot) -> [Violation] {
        now.conversations.compactMap { conversation in
            let before = given[conversation.id]
            guard let before, conversation.isFromAccountBefore, conversation.entries == before.entries,
                conversation.isDeletedRemotely == before.isDeletedRemotely
            else {
                return Violation(
                    .wrongAccount, "\(conversation.id) was stored while the database was another account's")
            }
            return nil
        }
    }

    /// - Parameters:
    ///   - neighbour: the server as the other account sees it, at the end.
    ///   - elsewhere: the other server at the end.
    ///   - mirror: the mirror at the end.
    ///   - audit: the requests of all our processes.
    ///   - changes: to whom the database, which is ours at first, was given and when, in the order of time.
    /// - Returns: a violation for each turn and conversation on the wrong side, and for each write with a wrong key.
    package static func violations(
        neighbour: SimulatedServer, elsewhere: SimulatedServer, mirror: MirrorSnapshot, audit: Audit,
        changes: [Change] = []
    ) -> [Violation] {
        var violations: [Violation] = []
        for (name, server) in [("the neighbour", neighbour), ("the other server", elsewhere)] {
            for turn in server.turns {
                guard let call = turn.cause.call else { continue }
                violations.add(.wrongAccount, "request \(call) left a turn with \(name)")
            }
            let theirs = Set(server.conversations.map(\.id))
            violations += mirror.conversations.filter { theirs.contains($0.id) }
                .map { Violation(.wrongAccount, "\($0.id) of \(name) is in the mirror") }
        }
        // A deletion with another account's key leaves no turn: the server denies that the conversation exists.
        func owner(at instant: VirtualInstant) -> Tenant { changes.last { $0.at <= instant }?.to ?? .ours }
        violations += audit.records.filter { $0.request.isWrite && owner(at: $0.sentAt) != ($0.tenant ?? .ours) }
            .map {
                Violation(
                    .wrongAccount, "request \($0.number) is a \($0.request.name) with a key that is not the database's")
            }
        return violations
    }
}
