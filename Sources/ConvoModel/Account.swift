import ConvoJSON

/// The owner of an API key, as `GET /v1/users/me` or `GET /v1/whoami` describes it.
///
/// A key belongs to a user or a service account, in a workspace of an organization.
public struct Account: Hashable, Sendable {
    /// A user, a service account, a workspace or an organization.
    public struct Party: Hashable, Sendable {
        /// The server's id, which does not change.
        public let id: String
        /// The name that a person knows it by, which may change; `nil` where the server gives none.
        public let name: String?

        /// Creates a party from what the server says of it.
        ///
        /// - Parameters:
        ///   - id: the server's id.
        ///   - name: the name to show; `nil` where the server gives none.
        package init(id: String, name: String? = nil) {
            self.id = id
            self.name = name
        }
    }

    /// The user or the service account; `nil` where it could not be read.
    ///
    /// An account without one counts as no other's.
    public let user: Party?
    /// The key's workspace; `nil` where the server leaves it out.
    public let workspace: Party?
    /// The workspace's organization; `nil` where the server leaves it out.
    public let organization: Party?

    /// Creates an account from the parties that the server names.
    ///
    /// - Parameters:
    ///   - user: the user or the service account.
    ///   - workspace: `nil` where the server leaves it out.
    ///   - organization: `nil` where the server leaves it out.
    package init(user: Party?, workspace: Party? = nil, organization: Party? = nil) {
        self.user = user
        self.workspace = workspace
        self.organization = organization
    }

    /// Whether both are certainly the same account: both name the same user, and no workspace or organization that both
    /// name differs.
    ///
    /// Only ids are compared, by their bytes: names may change. The server may leave the workspace and the organization
    /// out.
    package func isSame(as other: Account) -> Bool {
        guard let user, let theirs = other.user, user.id.hasSameBytes(as: theirs.id) else { return false }
        return Account.agree(workspace, other.workspace) && Account.agree(organization, other.organization)
    }

    private static func agree(_ one: Party?, _ other: Party?) -> Bool {
        guard let one, let other else { return true }
        return one.id.hasSameBytes(as: other.id)
    }
}
