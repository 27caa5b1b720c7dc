import ConvoModel
public import ConvoServer

/// The API keys that are known, and whose they are. None: any key is taken, and all see the same.
public struct KeyTable: Hashable, Sendable, CustomStringConvertible {
    private struct Entry: Hashable {
        let key: String
        let principal: Principal
        let text: String
    }

    private var entries: [Entry] = []

    public init() {}

    /// Reads `KEY[@USER[/WORKSPACE[/ORGANIZATION]]]`, with commas between several.
    ///
    /// `nil` for an empty key or name, and for a key that is there twice.
    public init?(_ text: String) {
        for item in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
            guard add(String(item)) else { return nil }
        }
    }

    /// - Returns: `false`, with nothing changed, for a text that is none of a key.
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

    public var isEmpty: Bool { entries.isEmpty }
    public subscript(key: String) -> Principal? { entries.first { $0.key == key }?.principal }
    public var description: String { entries.map(\.text).joined(separator: ",") }
}

/// Whose a conversation or a file is: the creator of the key that made it, in that key's workspace.
struct Owner: Hashable, Sendable {
    let user: String
    let workspace: String

    init(_ principal: Principal) {
        (user, workspace) = (principal.user, principal.workspace)
    }

    /// `nil` for an object that names none.
    init?(json: JSONText) {
        guard let user = json["user"]?.string, let workspace = json["workspace"]?.string else { return nil }
        (self.user, self.workspace) = (user, workspace)
    }

    var json: JSONText { .object(["user": .string(user), "workspace": .string(workspace)]) }
}

extension Switches {
    /// Whose is what a principal makes; nobody's in particular where any key is taken.
    func owner(_ principal: Principal) -> Owner? { keys.isEmpty ? nil : Owner(principal) }

    /// Whether a principal sees what that owner has. What has no owner is everybody's.
    func shows(_ owner: Owner?, to principal: Principal) -> Bool {
        guard !keys.isEmpty, let owner else { return true }
        return owner.user == principal.user && (visibility == .user || owner.workspace == principal.workspace)
    }
}

/// What `/v1/users/me` and `/v1/whoami` say of a principal, in the SDK's shapes. Ids are made of names: the same name
/// has the same id in every sandbox.
struct Identity: Sendable {
    let principal: Principal
    /// Whether workspace and organization are told, or `null`.
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

    /// A dashed UUID's form: 32 digits of two FNV-1a hashes.
    static func id(_ kind: String, _ name: String) -> String {
        let digits = [kind + ":" + name, name + ":" + kind].map { text in
            let hash = String(FNV1a.hash(text), radix: 16)
            return String(repeating: "0", count: 16 - hash.count) + hash
        }
        var rest = digits.joined()[...]
        let groups = [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }
        return groups.joined(separator: "-")
    }
}

/// The same number for the same text in every process, unlike `Hasher`'s. isthe.com/chongo/tech/comp/fnv
enum FNV1a {
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
