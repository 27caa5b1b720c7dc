/// Why an operation has no result.
public struct APIError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// No connection could be made: name look-up, refused, TLS, no route.
        case unreachable
        /// No secure connection: no TLS there, or a certificate that is not trusted.
        case insecure
        /// A connection was made and no whole answer came back (reset, timeout, cut body).
        case answerLost
        /// The caller's task was cancelled.
        case cancelled
        /// Something answered that is not the API: a sign-in page, a proxy's error, another program's JSON. It says
        /// nothing about the API's state, whatever its status.
        case notTheAPI(status: Int)
        /// The API's gateway knows no such path: the base URL is wrong.
        case noRoute
        /// The answer is larger than what is read of one.
        case answerTooLarge(limit: Int)
        /// The API itself answered with an error status; or, for a status that only asks to come back later (408, 425,
        /// 429, 5xx), whatever stands before it.
        case status(Int)
        /// 429 with a limit of zero: the model is not in the workspace's plan, and waiting does not help.
        case notInPlan
        /// A stream reported `conversation.response.error`, with the server's code.
        case streamError(code: Int)
        /// A stream ended without `conversation.response.done`.
        case truncatedStream
        /// The request cannot be sent: a missing or unusable key, a URL that is none.
        case unusableRequest
    }

    /// What the failed operation may have done on the server.
    public enum Effect: Hashable, Sendable {
        /// Certainly nothing. So it is with every operation that only reads.
        case none
        /// Nothing or everything: only reading the server's state can tell.
        case unknown
    }

    public let kind: Kind
    public let effect: Effect
    /// One sentence, without keys or bodies. The server's own message where it gave one.
    public let message: String
    /// The server's `code`, of whichever type it came as.
    public let serverCode: String?
    /// How long the server asked to wait (`Retry-After`).
    public let retryAfter: Duration?
    /// The server's name for the exchange (`mistral-correlation-id`), for a support request.
    public let correlationID: String?

    /// Of an unusable request: whether the key is the reason.
    let isAboutKey: Bool

    public init(
        _ kind: Kind, effect: Effect, message: String, serverCode: String? = nil, retryAfter: Duration? = nil,
        correlationID: String? = nil
    ) {
        self.kind = kind
        self.effect = effect
        self.message = message
        self.serverCode = serverCode
        self.retryAfter = retryAfter
        self.correlationID = correlationID
        isAboutKey = false
    }

    private init(keyProblem message: String) {
        kind = .unusableRequest
        effect = .none
        self.message = message
        serverCode = nil
        retryAfter = nil
        correlationID = nil
        isAboutKey = true
    }

    /// There is no key to send, or none that can be sent.
    public static func keyProblem(_ message: String) -> APIError { APIError(keyProblem: message) }

    /// The same, of an operation that may have acted before this happened.
    func with(effect: Effect) -> APIError {
        effect == self.effect
            ? self
            : APIError(
                kind, effect: effect, message: message, serverCode: serverCode, retryAfter: retryAfter,
                correlationID: correlationID)
    }
}
