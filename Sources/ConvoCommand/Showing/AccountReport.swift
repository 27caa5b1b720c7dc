import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// The result of `convo account`: the owner of the database, and the settings that name the database.
struct AccountReport {
    /// The name of the profile; `nil` where the settings use none.
    let profile: String?
    let database: String
    /// The server that the settings name now.
    let serverURL: String
    let owner: StoreOwner
    /// How many writes were held when `convo account adopt` changed the owner; `nil` for `convo account show`.
    var heldCount: Int?

    var json: JSONText {
        .object(
            [
                ("profile", .string(profile)),
                ("database", .string(database)),
                ("server_url", .string(serverURL)),
                ("server", .string(owner.server)),
                ("user", owner.account?.user.json ?? .null),
                ("workspace", owner.account?.workspace.json ?? .null),
                ("organization", owner.account?.organization.json ?? .null),
                ("keys", .int(owner.keyCount)),
            ] + (heldCount.map { [("held", JSONText.int($0))] } ?? []))
    }

    func lines(_ style: OutputStyle) -> [String] {
        let account = owner.account
        var facts = [
            ("profile", profile ?? "none"), ("database", database), ("settings", serverURL),
            ("belongs to", owner.server ?? "nobody yet: the first `convo sync` tells"),
        ]
        if owner.server != nil {
            facts.append(("user", account?.user?.words ?? "the server did not tell"))
            if let workspace = account?.workspace { facts.append(("workspace", workspace.words)) }
            if let organization = account?.organization { facts.append(("organization", organization.words)) }
            facts.append(("keys", "\(owner.keyCount) seen"))
        }
        if let heldCount {
            facts.append(
                ("held", heldCount == 0 ? "nothing" : "\(heldCount) queued for the account before: see `convo outbox`"))
        }
        return FactList.lines(facts.map { (label: $0, words: $1) }, width: style.width, ansi: style.ansi)
    }
}

extension StoreOwner {
    /// The server and the account on one line; `nobody yet` before the first sync.
    var words: String {
        guard let server else { return "nobody yet" }
        return ([server] + [account?.line].compactMap(\.self)).joined(separator: ", ")
    }

    /// The failure where the settings name another server or account than the owner.
    ///
    /// - Parameters:
    ///   - given: the normalised URL of the server that the settings name.
    ///   - other: the account that this server tells; `nil` where it tells none.
    /// - Returns: the failure; `nil` where both agree, or one of them does not say.
    func mismatch(server given: String, account other: Account?) -> SyncFailure? {
        if let server, server != given { return .otherServer(owner: server, given: given) }
        guard let account, let other, !account.isSame(as: other) else { return nil }
        return .otherAccount(owner: account.line, given: other.line)
    }
}

extension Account {
    /// The parties on one line; empty where the server tells none.
    var line: String {
        [user, workspace, organization].compactMap { $0?.words }.joined(separator: ", ")
    }
}

extension Account.Party {
    /// The name and the id, or the id alone.
    fileprivate var words: String { name.map { "\($0) (\(id))" } ?? id }
}

extension Account.Party? {
    var json: JSONText {
        map { .object(["id": .string($0.id), "name": .string($0.name)]) } ?? .null
    }
}
