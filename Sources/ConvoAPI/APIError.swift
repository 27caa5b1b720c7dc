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
    public private(set) var effect: Effect
    /// One sentence, without keys or bodies. The server's own message where it gave one.
    public let message: String
    /// The server's `code`, of whichever type it came as.
    public let serverCode: String?
    /// How long the server asked to wait (`Retry-After`).
    public let retryAfter: Duration?
    /// The server's name for the exchange (`mistral-correlation-id`), for a support request.
    public let correlationID: String?

    /// Whether the API itself sent the status that the error stands for, and not a gateway or a proxy before it. The engine
    /// believes what the API says of an operation, and takes its 5xx for a failure of the server.
    public let isAPIsOwn: Bool

    /// The fault of the key that kept the client from sending the request; `nil` if the key is not the reason.
    let keyProblem: KeyProblem?

    enum KeyProblem: Hashable, Sendable {
        /// There is none, or none that can be sent.
        case unusable
        /// It would travel readable for everyone on the way.
        case inTheClear
    }

    /// - Parameter isAPIsOwn: counts for kinds that only the API can send.
    public init(
        _ kind: Kind, effect: Effect, message: String, serverCode: String? = nil, retryAfter: Duration? = nil,
        correlationID: String? = nil, isAPIsOwn: Bool = true
    ) {
        self.kind = kind
        self.effect = effect
        self.message = message
        self.serverCode = serverCode
        self.retryAfter = retryAfter
        self.correlationID = correlationID
        self.isAPIsOwn = isAPIsOwn && kind.canBeAPIsOwn
        keyProblem = nil
    }

    private init(_ problem: KeyProblem, message: String) {
        kind = .unusableRequest
        effect = .none
        self.message = message
        serverCode = nil
        retryAfter = nil
        correlationID = nil
        isAPIsOwn = false
        keyProblem = problem
    }

    /// There is no key to send, or none that can be sent.
    public static func keyProblem(_ message: String) -> APIError { APIError(.unusable, message: message) }

    /// The key is not sent, because the connection would not be encrypted.
    static func keyInTheClear(to origin: String) -> APIError {
        APIError(.inTheClear, message: "the API key is not sent to \(origin): the connection would not be encrypted")
    }

    /// The same, of an operation that may have acted before this happened.
    func with(effect: Effect) -> APIError {
        var error = self
        error.effect = effect
        return error
    }
}

extension APIError.Kind {
    fileprivate var canBeAPIsOwn: Bool {
        switch self {
        case .status, .notInPlan, .streamError: true
        default: false
        }
    }
}
