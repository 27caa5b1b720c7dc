public import ConvoAPI
import ConvoModel
public import ConvoStore

/// Why a step of the engine failed.
public enum SyncFailure: Error, Sendable {
    case api(APIError)
    case store(StoreError)
    /// The database belongs to another server: nothing is pulled, pushed or marked.
    case otherServer(owner: String, given: String)
    /// The database belongs to another account on the server.
    ///
    /// - Parameters:
    ///   - owner: the account that it belongs to, in words; `nil` where the server never told.
    ///   - given: the key's account, in words; `nil` where the server does not tell.
    case otherAccount(owner: String?, given: String?)
    /// The task was cancelled before anything was sent.
    case cancelled

    /// What a step threw: nothing is thrown there but these three and a `CancellationError`.
    init(_ error: any Error) {
        switch error {
        case let failure as SyncFailure: self = failure
        case let error as APIError: self = .api(error)
        case let error as StoreError: self = .store(error)
        default: self = .cancelled
        }
    }

    /// Nothing further can work until something changes: no network, no valid key, no usable disk, or told to stop.
    public var endsPass: Bool {
        switch self {
        case .api(let error):
            switch error.kind {
            case .unreachable, .insecure, .unusableRequest, .cancelled, .noRoute, .status(401): true
            default: false
            }
        case .store, .otherServer, .otherAccount, .cancelled: true
        }
    }

    public var isNotFound: Bool {
        if case .api(let error) = self { error.isNotFound } else { false }
    }

    /// Whether the server may have done what was asked.
    public var mayHaveActed: Bool {
        if case .api(let error) = self { error.effect == .unknown } else { false }
    }

    /// Something else than the API answered.
    var isNotTheAPI: Bool { if case .api(let error) = self { error.isNotTheAPI } else { false } }

    /// Nothing that the API itself has said: it refuses nothing.
    var isUnproven: Bool { if case .api(let error) = self { !error.isAPIsOwn } else { true } }

    /// The answer is there and cannot be taken in: to ask again brings the same.
    var isUnreadable: Bool {
        if case .api(let error) = self { error.isAnswerTooLarge } else { false }
    }

    public var isRetryable: Bool {
        if case .api(let error) = self { error.isRetryable } else { false }
    }

    /// Whether trying again at once, after a short wait, may help: the answer was no answer of another service.
    var isPassing: Bool {
        if case .api(let error) = self { error.isRetryable && !error.isNotTheAPI } else { false }
    }

    /// Another writer is at work on the conversation.
    var isBusy: Bool {
        if case .api(let error) = self { error.isBusy } else { false }
    }

    /// We ask too much.
    var isThrottle: Bool {
        if case .api(let error) = self { error.isRateLimited } else { false }
    }

    var asked: Duration? {
        if case .api(let error) = self { error.retryAfter } else { nil }
    }

    /// As the outbox keeps and shows it.
    public var reason: OutboxItem.Reason {
        switch self {
        case .api(let error): OutboxItem.Reason(code: error.code, message: error.message, hint: error.hint)
        case .store(let error): OutboxItem.Reason(code: "store", message: error.description, hint: error.hint)
        case .otherServer(let owner, let given):
            OutboxItem.Reason(
                code: "other_server", message: "this database belongs to \(owner), and the settings name \(given)",
                hint: SyncFailure.ownerHint)
        case .otherAccount(let owner, let given):
            OutboxItem.Reason(
                code: "other_account",
                message:
                    "this database belongs to \(owner ?? "another account"), and the key to \(given ?? "one that can read none of its conversations")",
                hint: SyncFailure.ownerHint)
        case .cancelled: OutboxItem.Reason(code: "cancelled", message: "the engine was told to stop")
        }
    }
}

extension SyncFailure {
    private static let ownerHint =
        "Use the settings from before; or another --profile, with a database of its own; or `convo account adopt`, if this database is to change hands."
}

extension SyncFailure: CustomStringConvertible {
    /// One sentence, without keys or bodies.
    public var description: String { reason.message }
    /// What the person does next.
    public var hint: String? { reason.hint }
}

extension APIError {
    /// A short name for programs.
    public var code: String {
        switch kind {
        case .unreachable: "unreachable"
        case .insecure: "insecure"
        case .answerLost: "answer_lost"
        case .cancelled: "cancelled"
        case .notTheAPI: "not_the_api"
        case .noRoute: "no_route"
        case .answerTooLarge: "answer_too_large"
        case .notInPlan: "not_in_plan"
        case .status(let status): isAPIsOwn ? "http_\(status)" : "gateway_\(status)"
        case .streamError: "stream_error"
        case .truncatedStream: "truncated_stream"
        case .unusableRequest: "unusable_request"
        }
    }
}
