import ConvoModel
import ConvoStore
import ConvoTerminal

/// Whose a database is, and by which settings it was opened: what `convo account` answers.
struct AccountReport {
    let profile: String?
    let database: String
    /// The server that the settings name now.
    let serverURL: String
    let owner: StoreOwner
    /// How many writes were held when the database changed hands; `nil` where it did not.
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

    func lines(_ style: Style) -> [String] {
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
        return facts.map { "\(style.ink.faint($0.padded(to: 14)))\($1.sanitised(.line))" }
    }
}

extension StoreOwner {
    /// In one line.
    var words: String {
        guard let server else { return "nobody yet" }
        let parties = [account?.user, account?.workspace, account?.organization].compactMap { $0?.words }
        return ([server] + parties).joined(separator: ", ")
    }
}

extension Account.Party {
    /// The name that a person knows it by, and the id.
    fileprivate var words: String { name.map { "\($0) (\(id))" } ?? id }
}

extension Account.Party? {
    fileprivate var json: JSONText {
        map { .object(["id": .string($0.id), "name": .string($0.name)]) } ?? .null
    }
}
