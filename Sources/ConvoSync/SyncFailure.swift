package import ConvoAPI
import ConvoModel
package import ConvoStore

/// Why a step of the engine failed.
package enum SyncFailure: Error, Sendable {
    /// A request to the server failed.
    case api(APIError)
    /// The database could not be read or written.
    case store(StoreError)
    /// The database belongs to another server: the engine pulls, pushes and marks nothing.
    ///
    /// - Parameters:
    ///   - owner: the normalised URL of the database's server.
    ///   - given: the normalised URL that the settings name.
    case otherServer(owner: String, given: String)
    /// The database belongs to another account on the server: the engine pulls, pushes and marks nothing.
    ///
    /// - Parameters:
    ///   - owner: the account that it belongs to, in words; `nil` if the server never told.
    ///   - given: the key's account, in words; `nil` if the server does not tell.
    case otherAccount(owner: String?, given: String?)
    /// The task was cancelled before anything was sent.
    case cancelled

    /// Makes a failure from what a step threw.
    ///
    /// An error of any other type than these three is taken for a cancellation.
    init(_ error: any Error) {
        switch error {
        case let failure as SyncFailure: self = failure
        case let error as APIError: self = .api(error)
        case let error as StoreError: self = .store(error)
        default: self = .cancelled
        }
    }

    /// Whether nothing further can work until something changes: no network, no valid key, no usable disk, the wrong
    /// owner, or a cancelled task.
    package var endsPass: Bool {
        switch self {
        case .api(let error):
            switch error.kind {
            case .unreachable, .insecure, .unusableRequest, .cancelled, .noRoute, .status(401): true
            default: false
            }
        case .store, .otherServer, .otherAccount, .cancelled: true
        }
    }

    /// Whether the API itself answered 404.
    package var isNotFound: Bool {
        if case .api(let error) = self { error.isNotFound } else { false }
    }

    /// Whether the server may have carried out what the step asked for.
    package var mayHaveActed: Bool {
        if case .api(let error) = self { error.effect == .unknown } else { false }
    }

    /// Whether something that is not the API answered.
    var isNotTheAPI: Bool { if case .api(let error) = self { error.isNotTheAPI } else { false } }

    /// Whether the failure is not the API's own answer, so that the write does not count as refused.
    var isUnproven: Bool { if case .api(let error) = self { !error.isAPIsOwn } else { true } }

    /// Whether the answer is larger than the limit: another request would bring the same.
    var isUnreadable: Bool {
        if case .api(let error) = self { error.isAnswerTooLarge } else { false }
    }

    /// Whether the same request may succeed later (``ConvoAPI/APIError/isRetryable``); `false` for every failure that
    /// is not the API client's.
    package var isRetryable: Bool {
        if case .api(let error) = self { error.isRetryable } else { false }
    }

    /// Whether another attempt after a short wait may help.
    ///
    /// It does not if something that is not the API answered.
    var isPassing: Bool {
        if case .api(let error) = self { error.isRetryable && !error.isNotTheAPI } else { false }
    }

    /// Whether another request is at work on the conversation (409).
    var isBusy: Bool {
        if case .api(let error) = self { error.isBusy } else { false }
    }

    /// Whether the server asks for fewer requests (429).
    var isThrottle: Bool {
        if case .api(let error) = self { error.isRateLimited } else { false }
    }

    /// How long the server asked to wait (`Retry-After`); `nil` if it did not.
    var asked: Duration? {
        if case .api(let error) = self { error.retryAfter } else { nil }
    }

    /// The code and the sentence that the outbox stores for this failure.
    package var reason: OutboxItem.Reason {
        switch self {
        case .api(let error): OutboxItem.Reason(code: error.code, message: error.message)
        case .store(let error): OutboxItem.Reason(code: "store", message: error.description)
        case .otherServer(let owner, let given):
            OutboxItem.Reason(
                code: "other_server", message: "this database belongs to \(owner), and the settings name \(given)")
        case .otherAccount(let owner, let given):
            OutboxItem.Reason(
                code: "other_account",
                message:
                    "this database belongs to \(owner ?? "another account"), and the key to \(given ?? "one that can read none of its conversations")"
            )
        case .cancelled: OutboxItem.Reason(code: "cancelled", message: "the engine was told to stop")
        }
    }
}

extension SyncFailure: CustomStringConvertible {
    /// One sentence, without keys or bodies.
    package var description: String { reason.message }
}

extension APIError {
    /// A short stable name of the error for programs, in snake case.
    package var code: String {
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
