import ConvoAPI
import ConvoModel
import ConvoStore

/// Decides whether a database may be used with a server and a key.
///
/// A value: it says what to ask, and takes the answers.
///
/// A database belongs to one account on one server. If the server tells whose key it is, that decides. If it does not,
/// a new key belongs to the account if it can read one of the conversations that the mirror holds.
struct OwnerCheck {
    /// The facts that are known without asking the server.
    struct Known {
        let owner: StoreOwner
        /// The normalised URL of the connection's server.
        let server: String
        /// Whether the key was seen to belong to the owner before; also `true` if there is no key.
        let isKeyKnown: Bool
        /// A few of the mirrored conversations, the newest activity first.
        let held: [RemoteID]
    }

    /// The next step: a question to the server, or the result.
    enum Step: Hashable {
        /// Asks the server whose key it is; the answer goes to ``told(_:)``.
        case askWhoAmI
        /// Reads this conversation with the key; the result goes to ``read(isThere:)``.
        case read(RemoteID)
        /// The key is the owner's; with its account, if the server told it in this check.
        case accept(Account?)
        /// The database belongs to another server or account: nothing may be sent.
        case refuse(Refusal)
    }

    enum Refusal: Hashable {
        case otherServer
        /// The key is another account's; with that account, if the server tells it.
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

    /// Takes the answer to ``Step/askWhoAmI``.
    ///
    /// - Parameter account: the key's account; `nil` if the server does not tell.
    mutating func told(_ account: Account?) {
        self.account = account
        guard let account else { return readNext(orElse: isUnclaimed) }
        if let owner = known.owner.account {
            step = owner.isSame(as: account) ? .accept(account) : .refuse(.otherAccount(account))
        } else {
            readNext(orElse: isUnclaimed)
        }
    }

    /// Takes the answer to ``Step/read(_:)``.
    ///
    /// - Parameter isThere: `true` if the API returned the conversation, `false` if the API itself said that this key
    ///   sees no such conversation.
    mutating func read(isThere: Bool) {
        if isThere { step = .accept(account) } else { readNext(orElse: false) }
    }

    /// Whether the database has met no server yet: the first one that it is used with owns it.
    ///
    /// Later, a key that nothing speaks for is refused, even where the mirror holds nothing: two keys that cannot be
    /// told apart must not both pass for the owner's.
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
    /// The account for a sentence: the name or id of the user, of the workspace and of the organization.
    var words: String {
        func name(_ party: Party?) -> String? { party.map { $0.name ?? $0.id } }
        let place = [name(workspace).map { "workspace \($0)" }, name(organization)].compactMap(\.self)
        return ([name(user) ?? "an unnamed user"] + (place.isEmpty ? [] : ["(\(place.joined(separator: ", ")))"]))
            .joined(separator: " ")
    }
}
