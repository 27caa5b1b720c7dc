/// Whose key it is, as `GET /v1/users/me` or `GET /v1/whoami` tells it: a user, or a service account, in a workspace of
/// an organization.
public struct Account: Hashable, Sendable {
    /// One of the three, with the name that a person knows it by.
    public struct Party: Hashable, Sendable {
        public let id: String
        public let name: String?

        public init(id: String, name: String? = nil) {
            self.id = id
            self.name = name
        }
    }

    /// The user or the service account.
    public let user: Party?
    public let workspace: Party?
    public let organization: Party?

    public init(user: Party?, workspace: Party? = nil, organization: Party? = nil) {
        self.user = user
        self.workspace = workspace
        self.organization = organization
    }

    /// Whether nothing that both name differs, and both name the user.
    ///
    /// The server may leave the workspace and the organization out; their names may change, their ids do not.
    public func isSame(as other: Account) -> Bool {
        guard let user, let theirs = other.user, user.id.hasSameBytes(as: theirs.id) else { return false }
        return Account.agree(workspace, other.workspace) && Account.agree(organization, other.organization)
    }

    private static func agree(_ one: Party?, _ other: Party?) -> Bool {
        guard let one, let other else { return true }
        return one.id.hasSameBytes(as: other.id)
    }
}
