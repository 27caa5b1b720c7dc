/// What a client shows with each request: the server that it means, and its key.
package struct Access: Hashable, Sendable {
    package let server: String
    package let key: String?

    package init(server: String, key: String?) { (self.server, self.key) = (server, key) }
}

/// Whose conversations a request is about.
package enum Tenant: CaseIterable, Hashable, Sendable {
    /// The account that our database belongs to.
    case ours
    /// Another account on the same server.
    case neighbour
    /// Another server, which takes any key.
    case elsewhere
}

/// Which key opens which account, and what the server tells of it: data, drawn from a seed or written by hand.
package struct AccessPlan: Hashable, Sendable {
    /// A key of ours is replaced.
    package struct Rotation: Hashable, Sendable {
        /// From then on the server refuses the old key.
        package let at: VirtualInstant
        /// So much later the key's source (the file, the service's credential) holds the new one.
        package let sourceFollowsAfter: Duration
        package init(at: VirtualInstant, sourceFollowsAfter: Duration) {
            (self.at, self.sourceFollowsAfter) = (at, sourceFollowsAfter)
        }
    }
    /// What a key is told of a conversation that is not its account's.
    package enum ForeignView: CaseIterable, Hashable, Sendable { case notFound, forbidden }
    /// What the server answers to "whose key is this".
    package enum Identity: CaseIterable, Hashable, Sendable { case told, notFound, forbidden }

    package static let server = "https://api.example"
    package static let otherServer = "https://other.example"

    package var rotations: [Rotation] = []
    package var foreignView = ForeignView.notFound
    package var identity = Identity.notFound
    /// How many conversations the neighbour, and the other server, have.
    package var foreignConversations = 2

    package init() {}

    /// What a process of ours is started with, or reads again, at that moment.
    package func source(at instant: VirtualInstant) -> Access {
        Access(
            server: AccessPlan.server,
            key: AccessPlan.key(rotations.count { $0.at + $0.sourceFollowsAfter <= instant }))
    }

    /// A way in to the tenant that is not ours.
    package static func access(to tenant: Tenant, ours: Access) -> Access {
        switch tenant {
        case .ours: ours
        case .neighbour: Access(server: server, key: "key of the neighbour")
        case .elsewhere: Access(server: otherServer, key: ours.key)
        }
    }

    /// Whose account it opens then; `nil` where the server refuses the key.
    func tenant(for access: Access, at instant: VirtualInstant) -> Tenant? {
        if access.server == AccessPlan.otherServer { return .elsewhere }
        if access.key == "key of the neighbour" { return .neighbour }
        let latest = rotations.count { $0.at <= instant }
        // A key that the source has before the server has heard of it is refused as well.
        return access.key == AccessPlan.key(latest) ? .ours : nil
    }

    private static func key(_ number: Int) -> String { "key \(number + 1)" }
}
