/// Who bears a key: a user or a service account, in a workspace of an organization.
///
/// The names are the server's own words for them; a service makes its ids of them.
public struct Principal: Hashable, Sendable {
    /// A name that begins so is a service account's.
    public static let serviceAccountPrefix = "service:"

    public let user: String
    public let workspace: String
    public let organization: String
    /// The key's name, which is not the key.
    public let keyName: String

    public init(
        user: String = "sandbox", workspace: String = "default", organization: String = "sandbox",
        keyName: String = "key 1"
    ) {
        self.user = user
        self.workspace = workspace
        self.organization = organization
        self.keyName = keyName
    }

    public var isServiceAccount: Bool { user.hasPrefix(Principal.serviceAccountPrefix) }
}
