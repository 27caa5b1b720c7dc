public import ConvoAPI
public import ConvoStore
import ConvoSync

/// Why something could not be done. Nothing has changed then, unless the method's documentation says otherwise.
public enum ConvoError: Error, Sendable {
    /// The database could not be used, or a write cannot be accepted.
    case store(StoreError)
    /// The server could not be reached, did not answer, or refused.
    case api(APIError)
    /// The database belongs to another server than the one that was given.
    case otherServer(owner: String, given: String)
    /// The database belongs to another account than the key; a name is `nil` if the server does not tell it.
    case otherAccount(owner: String?, given: String?)
    /// The text is not the URL of a server; `reason` is the end of a sentence that begins with "it".
    case invalidServer(String, reason: String)
    /// ``Convo/Convo/close()`` was called.
    case closed
    /// The task was cancelled.
    case cancelled

    init(_ failure: SyncFailure) {
        switch failure {
        case .api(let error): self = .api(error)
        case .store(let error): self = .store(error)
        case .otherServer(let owner, let given): self = .otherServer(owner: owner, given: given)
        case .otherAccount(let owner, let given): self = .otherAccount(owner: owner, given: given)
        case .cancelled: self = .cancelled
        }
    }
}

extension ConvoError: CustomStringConvertible {
    /// A short word for programs, which stays the same from version to version: `no_such_conversation`, `unreachable`.
    public var code: String {
        switch self {
        case .store(let error): error.code
        case .api(let error): error.code
        case .otherServer: "other_server"
        case .otherAccount: "other_account"
        case .invalidServer: "invalid_server"
        case .closed: "closed"
        case .cancelled: "cancelled"
        }
    }

    /// One sentence without a capital or a full stop, which shows ids and paths, and never a key or the text of messages.
    public var description: String {
        switch self {
        case .store(let error): error.description
        case .api(let error): error.message
        case .otherServer(let owner, let given): "this database belongs to \(owner), not to \(given)"
        case .otherAccount(let owner, let given):
            "this database belongs to \(owner ?? "another account"), and the key to \(given ?? "one that can read none of its conversations")"
        case .invalidServer(let text, let reason): "\"\(text)\" is not a server's URL: \(reason)"
        case .closed: "the database was closed"
        case .cancelled: "the task was cancelled"
        }
    }
}
