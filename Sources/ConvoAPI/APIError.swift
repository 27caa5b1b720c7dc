internal import ConvoHTTP

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

extension APIError {
    /// - Parameter isWrite: whether the request may change anything on the server.
    init(_ error: HTTPError, isWrite: Bool) {
        self.init(
            APIError.kind(of: error), effect: isWrite && error.mayHaveReachedServer ? .unknown : .none,
            message: error.message.printable ?? "")
    }

    private static func kind(of error: HTTPError) -> Kind {
        switch error.kind {
        case .unusableRequest: .unusableRequest
        case .cancelled, .transportClosed: .cancelled
        case .headTooLarge(let limit), .bodyTooLarge(let limit): .answerTooLarge(limit: limit)
        case .unresolved, .notConnected, .connectTimeout: .unreachable
        case .insecure: .insecure
        case .connectionLost, .stalled, .timeout: error.mayHaveReachedServer ? .answerLost : .unreachable
        }
    }
}

extension APIError {
    /// Whether the same request may succeed later without anyone doing anything. It says nothing about whether
    /// sending it again is safe: that is ``effect``.
    public var isRetryable: Bool {
        switch kind {
        case .unreachable, .insecure, .answerLost, .notTheAPI, .streamError, .truncatedStream: true
        case .status(let status): [408, 409, 425, 429, 500, 502, 503, 504].contains(status)
        case .cancelled, .unusableRequest, .noRoute, .answerTooLarge, .notInPlan: false
        }
    }

    /// The server does not accept the key, or there is none to send.
    public var isCredentialProblem: Bool {
        switch kind {
        case .status(401), .status(403): true
        case .unusableRequest: keyProblem != nil
        default: false
        }
    }

    /// Of ``ConversationsAPI/whoAmI()``: the server does not tell whose key it is. It has no such operation, does not allow
    /// it to this key, or answers what is no account; an outage or an unknown key is something else.
    public var isUntold: Bool {
        switch kind {
        case .notTheAPI, .noRoute: true
        case .status(let status): (400..<500).contains(status) && status != 401 && !isRetryable
        default: false
        }
    }

    /// The API itself says that it has no such conversation (or entry): deleted, never stored, or another key's.
    public var isNotFound: Bool { kind == .status(404) }

    /// The answer is larger than what is read of one.
    public var isAnswerTooLarge: Bool { if case .answerTooLarge = kind { true } else { false } }

    /// Something else than the API answered.
    public var isNotTheAPI: Bool { if case .notTheAPI = kind { true } else { false } }

    /// Another request is at work on the conversation.
    public var isBusy: Bool { kind == .status(409) }

    /// The server asks for fewer requests.
    public var isRateLimited: Bool { kind == .status(429) }

    /// What the person does next.
    public var hint: String? {
        switch kind {
        case .unreachable: "Check the network and CONVO_SERVER_URL; what is queued is sent when the server is back."
        case .insecure:
            "Check CONVO_SERVER_URL; a server of your own needs the file of its certificate authority in SSL_CERT_FILE."
        case .answerLost: "Try again later; whether the server has acted is found out by reading from it."
        case .cancelled: nil
        case .notTheAPI:
            "Is there a sign-in page or a proxy in the way? Check the network and CONVO_SERVER_URL; what is queued goes by itself."
        case .noRoute: "Check CONVO_SERVER_URL: the path before /v1 is wrong."
        case .answerTooLarge: nil
        case .notInPlan: "Choose another model, or change the workspace's plan at console.mistral.ai."
        case .streamError, .truncatedStream: "Run `convo sync` to see what the server kept of the answer."
        case .unusableRequest where keyProblem == .inTheClear:
            "Use https:// in CONVO_SERVER_URL; plain http with a key is for this machine only."
        case .unusableRequest where keyProblem != nil:
            "Set MISTRAL_API_KEY, or api_key_file in the configuration, to a key from console.mistral.ai."
        case .unusableRequest: "Check CONVO_SERVER_URL and what is being sent."
        case .status(let status): APIError.hint(for: status)
        }
    }

    private static func hint(for status: Int) -> String? {
        switch status {
        case 401: "Check MISTRAL_API_KEY: the server does not know this key."
        case 403: "This key may not do that: check MISTRAL_API_KEY and the workspace's permissions and guardrails."
        case 404: "It may be deleted, not stored, or belong to another key; check CONVO_SERVER_URL too."
        case 409: "The conversation is busy with another request, for up to 90 seconds; try again after that."
        case 413: "What is being sent is too large for the server."
        case 429: "Too many requests or tokens; wait, or raise the workspace's limits."
        case 408, 425, 500...: "The server has a problem; try again later."
        default: "The server does not accept the request as it is; change it."
        }
    }
}

extension APIError: CustomStringConvertible {
    public var description: String { message }
}
