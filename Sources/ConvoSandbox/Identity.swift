import ConvoModel
import ConvoServer

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
