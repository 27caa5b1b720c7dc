import ConvoJSON

/// The API keys that the emulator accepts, with the principal of each.
///
/// While the table is empty, the emulator accepts any key, or none, and every request sees everything.
public struct KeyTable: Hashable, Sendable, CustomStringConvertible {
    private struct Entry: Hashable {
        let key: String
        let principal: Principal
        let text: String
    }

    private var entries: [Entry] = []

    /// Makes an empty table.
    public init() {}

    /// Reads `KEY[@USER[/WORKSPACE[/ORGANIZATION]]]`, with commas between several; an empty text is an empty table.
    ///
    /// The result is `nil` where a key or a name is empty, or a key occurs twice.
    public init?(_ text: String) {
        for item in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            guard add(String(item)) else { return nil }
        }
    }

    /// Adds a key.
    ///
    /// Names that are left out are those of the default ``Principal``.
    ///
    /// - Parameter text: `KEY[@USER[/WORKSPACE[/ORGANIZATION]]]`, without a comma.
    /// - Returns: whether the key was added; `false`, with nothing changed, for a text in another form and for a key
    ///   that the table has.
    public mutating func add(_ text: String) -> Bool {
        let at = text.lastIndex(of: "@")
        let key = String(text[..<(at ?? text.endIndex)])
        let names = at.map { text[text.index(after: $0)...].split(separator: "/", omittingEmptySubsequences: false) }
        let parts = (names ?? []).map(String.init)
        guard !key.isEmpty, !text.contains(","), parts.count <= 3, !parts.contains(""),
            !entries.contains(where: { $0.key == key })
        else {
            return false
        }
        let rest = Principal()
        let principal = Principal(
            user: parts.first ?? rest.user, workspace: parts.count > 1 ? parts[1] : rest.workspace,
            organization: parts.count > 2 ? parts[2] : rest.organization, keyName: "key \(entries.count + 1)")
        entries.append(Entry(key: key, principal: principal, text: text))
        return true
    }

    /// Whether the emulator accepts any key.
    public var isEmpty: Bool { entries.isEmpty }
    /// The principal of a key; `nil` for a key that is not in the table.
    public subscript(key: String) -> Principal? { entries.first { $0.key == key }?.principal }
    /// The text that ``init(_:)`` reads.
    ///
    /// It contains the keys.
    public var description: String { entries.map(\.text).joined(separator: ",") }
}

/// The bearer of a key: a user or a service account, in a workspace of an organization.
///
/// A principal has names only; the emulator derives the ids from them.
public struct Principal: Hashable, Sendable {
    /// The beginning of ``user`` where the principal is a service account.
    public static let serviceAccountPrefix = "service:"

    /// The name of the user, or ``serviceAccountPrefix`` and the name of the service account.
    public let user: String
    /// The name of the workspace to which the key belongs.
    public let workspace: String
    /// The name of the organization to which the workspace belongs.
    public let organization: String
    /// The name of the key, which is not the key itself.
    public let keyName: String

    /// Makes a principal; the default is the one of an emulator that accepts any key.
    public init(
        user: String = "sandbox", workspace: String = "default", organization: String = "sandbox",
        keyName: String = "key 1"
    ) {
        self.user = user
        self.workspace = workspace
        self.organization = organization
        self.keyName = keyName
    }

    /// Whether the key is a service account's, behind which there is no user.
    public var isServiceAccount: Bool { user.hasPrefix(Principal.serviceAccountPrefix) }
}

/// The owner of a conversation or a file: the user and the workspace of the key that made it.
struct Owner: Hashable, Sendable {
    let user: String
    let workspace: String

    init(_ principal: Principal) {
        (user, workspace) = (principal.user, principal.workspace)
    }

    /// Reads `{"user", "workspace"}`; `nil` where either is missing.
    init?(json: JSONText) {
        guard let user = json["user"]?.string, let workspace = json["workspace"]?.string else { return nil }
        (self.user, self.workspace) = (user, workspace)
    }

    var json: JSONText { .object(["user": .string(user), "workspace": .string(workspace)]) }
}

extension Switches {
    /// The owner of what a principal makes; `nil` while the emulator accepts any key.
    func owner(_ principal: Principal) -> Owner? { keys.isEmpty ? nil : Owner(principal) }

    /// Whether a principal sees what an owner has.
    ///
    /// Every principal sees what has no owner.
    func shows(_ owner: Owner?, to principal: Principal) -> Bool {
        guard !keys.isEmpty, let owner else { return true }
        return owner.user == principal.user && (visibility == .user || owner.workspace == principal.workspace)
    }
}

/// The answers of `/v1/users/me` and `/v1/whoami` for a principal, in the SDK's shapes.
///
/// An id is derived from its name: the same name has the same id in every emulator.
struct Identity: Sendable {
    let principal: Principal
    /// Whether the answers contain the workspace and the organization; otherwise those are `null`.
    let isWhole: Bool

    var user: JSONText {
        let name = principal.user
        return .object([
            "id": .string(Identity.id("user", name)), "email": .string("\(name)@example.org"),
            "first_name": .string(name), "last_name": .null, "workspace": workspace,
            "organization": party("organization", principal.organization),
            "api_key": party("api_key", principal.keyName),
        ])
    }

    var whoAmI: JSONText {
        .object(["principal": subject, "organization": organization, "workspace": workspace])
    }

    private var subject: JSONText {
        guard principal.isServiceAccount else {
            return .object([
                "id": .string(Identity.id("user", principal.user)), "principal_type": .string("user"),
                "email": .string("\(principal.user)@example.org"), "first_name": .string(principal.user),
                "last_name": .null,
            ])
        }
        let name = String(principal.user.dropFirst(Principal.serviceAccountPrefix.count))
        return .object([
            "service_account_id": .string(Identity.id("service_account", name)),
            "principal_type": .string("service_account"), "name": .string(name),
        ])
    }

    private var workspace: JSONText { party("workspace", principal.workspace) }

    private var organization: JSONText {
        guard isWhole else { return .null }
        return .object([
            "id": .string(Identity.id("organization", principal.organization)),
            "name": .string(principal.organization), "org_tier": .null, "internal": .bool(false),
            "kind": .string("S"),
        ])
    }

    private func party(_ kind: String, _ name: String) -> JSONText {
        guard isWhole else { return .null }
        return .object(["id": .string(Identity.id(kind, name)), "name": .string(name)])
    }

    /// An id in the form of a dashed UUID; its 32 digits are two FNV-1a hashes of the kind and the name.
    static func id(_ kind: String, _ name: String) -> String {
        dashed([kind + ":" + name, name + ":" + kind].map { hexadecimal(FNV1a.hash($0)) }.joined())
    }
}

/// A hash that is the same in every process, unlike `Hasher`'s. isthe.com/chongo/tech/comp/fnv
enum FNV1a {
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
