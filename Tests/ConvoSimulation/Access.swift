/// What a client shows with each request: the server that it means, and its key.
public struct Access: Hashable, Sendable {
    public let server: String
    public let key: String?

    public init(server: String, key: String?) { (self.server, self.key) = (server, key) }
}

/// Whose conversations a request is about.
public enum Tenant: CaseIterable, Hashable, Sendable {
    /// The account that our database belongs to.
    case ours
    /// Another account on the same server.
    case neighbour
    /// Another server, which takes any key.
    case elsewhere
}

/// Which key opens which account, and what the server tells of it: data, drawn from a seed or written by hand.
public struct AccessPlan: Hashable, Sendable {
    /// A key of ours is replaced.
    public struct Rotation: Hashable, Sendable {
        /// From then on the server refuses the old key.
        public let at: VirtualInstant
        /// So much later the key's source (the file, the service's credential) holds the new one.
        public let sourceFollowsAfter: Duration
        public init(at: VirtualInstant, sourceFollowsAfter: Duration) {
            (self.at, self.sourceFollowsAfter) = (at, sourceFollowsAfter)
        }
    }
    /// What a key is told of a conversation that is not its account's.
    public enum ForeignView: CaseIterable, Hashable, Sendable { case notFound, forbidden }
    /// What the server answers to "whose key is this".
    public enum Identity: CaseIterable, Hashable, Sendable { case told, notFound, forbidden }

    public static let server = "https://api.example"
    public static let otherServer = "https://other.example"

    public var rotations: [Rotation] = []
    public var foreignView = ForeignView.notFound
    public var identity = Identity.notFound
    /// How many conversations the neighbour, and the other server, have.
    public var foreignConversations = 2

    public init() {}

    /// What a process of ours is started with, or reads again, at that moment.
    public func source(at instant: VirtualInstant) -> Access {
        Access(
            server: AccessPlan.server,
            key: AccessPlan.key(rotations.count { $0.at + $0.sourceFollowsAfter <= instant }))
    }

    /// A way in to the tenant that is not ours.
    public static func access(to tenant: Tenant, ours: Access) -> Access {
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
