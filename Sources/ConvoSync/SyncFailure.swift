public import ConvoAPI
public import ConvoStore

/// Why a step of the engine failed.
public enum SyncFailure: Error, Sendable {
    case api(APIError)
    case store(StoreError)
    /// The task was cancelled before anything was sent.
    case cancelled

    /// What a step threw: nothing is thrown there but these two and a `CancellationError`.
    init(_ error: any Error) {
        switch error {
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
            case .unreachable, .insecure, .unusableRequest, .cancelled, .status(401): true
            default: false
            }
        case .store, .cancelled: true
        }
    }

    public var isNotFound: Bool {
        if case .api(let error) = self { error.isNotFound } else { false }
    }

    /// Whether the server may have done what was asked.
    public var mayHaveActed: Bool {
        if case .api(let error) = self { error.effect == .unknown } else { false }
    }

    public var isRetryable: Bool {
        if case .api(let error) = self { error.isRetryable } else { false }
    }

    /// Whether trying again at once, after a short wait, may help: the answer was no answer of another service.
    var isPassing: Bool {
        if case .api(let error) = self { error.isRetryable && error.kind != .malformed } else { false }
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
        case .cancelled: OutboxItem.Reason(code: "cancelled", message: "the engine was told to stop")
        }
    }
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
        case .malformed: "malformed_answer"
        case .status(let status): "http_\(status)"
        case .streamError: "stream_error"
        case .truncatedStream: "truncated_stream"
        case .unusableRequest: "unusable_request"
        }
    }
}
