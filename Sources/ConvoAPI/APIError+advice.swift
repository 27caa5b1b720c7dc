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
