import ConvoModel

/// A database belongs to one account: nothing of ours is ever in another, and nothing of another in our mirror.
public enum AccountCheck {
    /// - Parameter mirror: as it is in the end.
    public static func violations(
        neighbour: SimulatedServer, elsewhere: SimulatedServer, mirror: MirrorSnapshot, audit: Audit
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
        // Whoever asks for a foreign id with a key of another's is told that it is not there: no deletion follows.
        violations += audit.records.filter { $0.request.isWrite && ($0.tenant ?? .ours) != .ours }
            .map { Violation(.wrongAccount, "request \($0.number) is a \($0.request.name) with another's key") }
        return violations
    }
}
