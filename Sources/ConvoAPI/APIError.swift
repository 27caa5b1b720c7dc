internal import ConvoHTTP

/// Why an operation has no result.
public struct APIError: Error, Hashable, Sendable {
    /// The fate of the request.
    public enum Kind: Hashable, Sendable {
        /// No connection could be made: name look-up, refused, TLS, no route.
        case unreachable
        /// No secure connection: no TLS there, or a certificate that is not trusted.
        case insecure
        /// A connection was made and no whole answer came back (reset, timeout, cut body).
        case answerLost
        /// The caller's task was cancelled.
        case cancelled
        /// Something that is not the API answered: a sign-in page, a proxy's error, another program's JSON.
        ///
        /// Whatever its status, it says nothing about the API's state.
        case notTheAPI(status: Int)
        /// The API's gateway does not know the path: the base URL is wrong.
        case noRoute
        /// The answer is larger than the limit, in bytes.
        case answerTooLarge(limit: Int)
        /// The API itself answered with an error status.
        ///
        /// For a status that only asks to come back later (408, 425, 429, 500, 502, 503, 504), something in front of
        /// the API may have sent it (``isAPIsOwn``).
        case status(Int)
        /// 429 with a rate limit of zero: the model is not in the workspace's plan, and waiting does not help.
        case notInPlan
        /// A stream reported `conversation.response.error`, with the server's code.
        case streamError(code: Int)
        /// A stream ended without `conversation.response.done`.
        case truncatedStream
        /// The request cannot be sent: a missing or unusable key, an invalid URL, or JSON that the operation does not
        /// take.
        case unusableRequest
    }

    /// The effect that the failed operation may have had on the server.
    public enum Effect: Hashable, Sendable {
        /// Certainly nothing.
        ///
        /// Every operation that only reads has this effect.
        case none
        /// Nothing or everything: only a read of the server's state can tell.
        case unknown
    }

    /// The fate of the request.
    public let kind: Kind
    /// The effect that the operation may have had on the server, in any of its attempts.
    public private(set) var effect: Effect
    /// One sentence, without keys or bodies; the server's own message if it gave one.
    public let message: String
    /// The server's `code`, whether it came as a string or a number; `nil` if there was none.
    public let serverCode: String?
    /// How long the server asked to wait (`Retry-After`); `nil` if it did not ask.
    public let retryAfter: Duration?
    /// The server's id of the exchange (`mistral-correlation-id`), for a support request; `nil` if none came.
    public let correlationID: String?

    /// Whether the API itself sent the status that the error stands for, and not a gateway or a proxy in front of it.
    ///
    /// The engine believes what the API says about an operation, and takes its 5xx for a failure of the server.
    public let isAPIsOwn: Bool

    /// The fault of the key for which the client did not send the request; `nil` if the key is not the reason.
    public let keyProblem: KeyProblem?

    /// The server's answer itself, for whoever passes it on; `nil` where none came.
    package let answer: ErrorAnswer?

    /// A reason why a key is not sent.
    public enum KeyProblem: Hashable, Sendable {
        /// There is no key, or none that can be sent.
        case unusable
        /// The key would travel unencrypted.
        case inTheClear
    }

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - kind: what happened to the request.
    ///   - effect: what the operation may have done on the server.
    ///   - message: one sentence, without keys or bodies.
    ///   - serverCode: the server's `code`.
    ///   - retryAfter: how long the server asked to wait.
    ///   - correlationID: the server's id of the exchange.
    ///   - isAPIsOwn: whether the API itself sent the status. Ignored for kinds that the API cannot send.
    ///   - answer: the server's answer itself; `nil` where none came.
    package init(
        _ kind: Kind, effect: Effect, message: String, serverCode: String? = nil, retryAfter: Duration? = nil,
        correlationID: String? = nil, isAPIsOwn: Bool = true, answer: ErrorAnswer? = nil
    ) {
        self.answer = answer
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
        answer = nil
    }

    /// The error for a missing key, or for one that cannot be sent.
    ///
    /// - Parameter message: one sentence that does not contain the key.
    /// - Returns: an error of kind ``Kind/unusableRequest``, with ``isCredentialProblem``.
    package static func keyProblem(_ message: String) -> APIError { APIError(.unusable, message: message) }

    /// The error for a key that is not sent, because the connection would not be encrypted.
    static func keyInTheClear(to origin: String) -> APIError {
        APIError(.inTheClear, message: "the API key is not sent to \(origin): the connection would not be encrypted")
    }

    /// The same error with another effect, for an operation whose earlier attempt may have acted.
    func with(effect: Effect) -> APIError {
        var error = self
        error.effect = effect
        return error
    }
}

/// A server's error answer as it came, without the key that was sent.
package struct ErrorAnswer: Hashable, Sendable {
    /// The status code; 200 for an error that a stream tells.
    package let status: Int
    /// The value of `Content-Type`; `nil` where there was none.
    package let contentType: String?
    /// The value of `Retry-After`; `nil` where there was none.
    package let retryAfter: String?
    /// The body, at most ``APIError``'s limit of bytes.
    package let body: [UInt8]

    /// Makes an answer.
    package init(status: Int, contentType: String?, retryAfter: String? = nil, body: [UInt8]) {
        (self.status, self.contentType, self.retryAfter, self.body) = (status, contentType, retryAfter, body)
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
    /// Makes an error from a failure of the transport.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - isWrite: whether the request may change anything on the server.
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
    /// Whether the same request may succeed later without anyone doing anything.
    ///
    /// This does not say whether sending it again is safe; ``effect`` does.
    public var isRetryable: Bool {
        switch kind {
        case .unreachable, .insecure, .answerLost, .notTheAPI, .streamError, .truncatedStream: true
        case .status(let status): [408, 409, 425, 429, 500, 502, 503, 504].contains(status)
        case .cancelled, .unusableRequest, .noRoute, .answerTooLarge, .notInPlan: false
        }
    }

    /// Whether the server does not accept the key (401, 403), or there is none that can be sent.
    public var isCredentialProblem: Bool {
        switch kind {
        case .status(401), .status(403): true
        case .unusableRequest: keyProblem != nil
        default: false
        }
    }

    /// For an error of ``MistralAPI/whoAmI()``: whether the server does not tell whose key it is.
    ///
    /// It has no such operation, does not allow it to this key, or answers something that is not an account. An outage is not meant;
    /// a 401 is, because the server may answer one to a key that it accepts elsewhere.
    public var isUntold: Bool {
        switch kind {
        case .notTheAPI, .noRoute: true
        case .status(let status): (400..<500).contains(status) && !isRetryable
        default: false
        }
    }

    /// Whether the API itself says that it has no such conversation or entry: deleted, never stored, or another key's.
    public var isNotFound: Bool { kind == .status(404) }

    /// Whether the answer is larger than the limit.
    public var isAnswerTooLarge: Bool { if case .answerTooLarge = kind { true } else { false } }

    /// Whether something that is not the API answered.
    public var isNotTheAPI: Bool { if case .notTheAPI = kind { true } else { false } }

    /// Whether another request is at work on the conversation (409).
    public var isBusy: Bool { kind == .status(409) }

    /// Whether the server asks for fewer requests (429).
    public var isRateLimited: Bool { kind == .status(429) }
}

extension APIError: CustomStringConvertible {
    /// The error's ``message``.
    public var description: String { message }
}
