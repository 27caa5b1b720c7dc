import ConvoAPI
import ConvoModel
import ConvoStore

/// Whether a database may be used with a server and a key. A value: it says what to ask and takes the answers.
///
/// A database belongs to one account on one server. Where the server tells whose key it is, that decides. Where it does not,
/// a new key belongs to the account if one of the conversations that are held can be read with it.
struct OwnerCheck {
    /// What is known without asking the server.
    struct Known {
        let owner: StoreOwner
        /// The connection's server.
        let server: String
        /// Whether the key was seen to belong to the owner before.
        let isKeyKnown: Bool
        /// Conversations that are held, a few of them, the newest first.
        let held: [RemoteID]
    }

    enum Step: Hashable {
        case askWhoAmI
        case read(RemoteID)
        /// The key is the owner's.
        case accept(Account?)
        case refuse(Refusal)
    }

    enum Refusal: Hashable {
        case otherServer
        /// With the key's account, where the server tells.
        case otherAccount(Account?)
    }

    private let known: Known
    private var unread: ArraySlice<RemoteID>
    private var account: Account?
    private(set) var step: Step

    init(_ known: Known) {
        self.known = known
        unread = known.held[...]
        if let server = known.owner.server, server != known.server {
            step = .refuse(.otherServer)
        } else if known.owner.server != nil, known.isKeyKnown {
            step = .accept(nil)
        } else {
            step = .askWhoAmI
        }
    }

    /// - Parameter account: `nil` where the server does not tell.
    mutating func told(_ account: Account?) {
        self.account = account
        guard let account else { return readNext(orElse: isUnclaimed) }
        if let owner = known.owner.account {
            step = owner.isSame(as: account) ? .accept(account) : .refuse(.otherAccount(account))
        } else {
            readNext(orElse: isUnclaimed)
        }
    }

    /// - Parameter isThere: whether the API gave the conversation, or said itself that this key sees no such one.
    mutating func read(isThere: Bool) {
        if isThere { step = .accept(account) } else { readNext(orElse: false) }
    }

    /// A database that has met no server yet belongs to whoever comes first. Later, a key that nothing speaks for is refused,
    /// also where nothing is held: two keys that nobody can tell apart must not both pass for the owner's.
    private var isUnclaimed: Bool { known.owner.server == nil }

    private mutating func readNext(orElse isAccepted: Bool) {
        if let next = unread.popFirst() {
            step = .read(next)
        } else {
            step = isAccepted ? .accept(account) : .refuse(.otherAccount(account))
        }
    }
}

extension Account {
    /// For a sentence: the user's name, or id, and the workspace's.
    var words: String {
        func name(_ party: Party?) -> String? { party.map { $0.name ?? $0.id } }
        let place = [name(workspace).map { "workspace \($0)" }, name(organization)].compactMap(\.self)
        return ([name(user) ?? "an unnamed user"] + (place.isEmpty ? [] : ["(\(place.joined(separator: ", ")))"]))
            .joined(separator: " ")
    }
}
