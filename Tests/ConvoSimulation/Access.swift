/// The server to which a client's requests go, and the API key that they carry.
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

/// The account that each key opens, and the server's word about it: data, drawn from a seed or written by hand.
package struct AccessPlan: Hashable, Sendable {
    /// The replacement of our key by another one.
    package struct Rotation: Hashable, Sendable {
        /// From then on the server refuses the old key.
        package let at: VirtualInstant
        /// How long after `at` the key's source (the file, the service's credential) holds the new key; negative if it
        /// holds it before.
        package let sourceFollowsAfter: Duration
        package init(at: VirtualInstant, sourceFollowsAfter: Duration) {
            (self.at, self.sourceFollowsAfter) = (at, sourceFollowsAfter)
        }
    }
    /// How the server answers a key that asks for a conversation of another account.
    package enum ForeignView: CaseIterable, Hashable, Sendable { case notFound, forbidden }
    /// How the server answers `whoAmI`: with the account's id, with 404, with 403, or with 401 although it accepts the key elsewhere.
    package enum Identity: CaseIterable, Hashable, Sendable { case told, notFound, forbidden, unauthorized }

    package static let server = "https://api.example"
    package static let otherServer = "https://other.example"

    package var rotations: [Rotation] = []
    package var foreignView = ForeignView.notFound
    package var identity = Identity.notFound
    /// How many conversations the neighbour and the other server have at the start, each.
    package var foreignConversations = 2

    package init() {}

    /// The server and key that a process of ours finds in its settings at that moment.
    package func source(at instant: VirtualInstant) -> Access {
        Access(
            server: AccessPlan.server,
            key: AccessPlan.key(rotations.count { $0.at + $0.sourceFollowsAfter <= instant }))
    }

    /// The server and key that open the tenant's account, where `ours` opens our own.
    package static func access(to tenant: Tenant, ours: Access) -> Access {
        switch tenant {
        case .ours: ours
        case .neighbour: Access(server: server, key: "key of the neighbour")
        case .elsewhere: Access(server: otherServer, key: ours.key)
        }
    }

    /// The tenant whose account `access` opens at that moment; `nil` where the server refuses the key.
    func tenant(for access: Access, at instant: VirtualInstant) -> Tenant? {
        if access.server == AccessPlan.otherServer { return .elsewhere }
        if access.key == "key of the neighbour" { return .neighbour }
        let latest = rotations.count { $0.at <= instant }
        // The server also refuses a new key that the source holds before the server knows it.
        return access.key == AccessPlan.key(latest) ? .ours : nil
    }

    private static func key(_ number: Int) -> String { "key \(number + 1)" }
}
