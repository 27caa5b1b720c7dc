package import ConvoAPI
import ConvoSync
import ConvoTerminal

extension APIError {
    /// The advice to the person, in one sentence; `nil` if there is nothing to do.
    package var hint: String? {
        switch keyProblem {
        case .inTheClear: "Use https:// in CONVO_SERVER_URL; plain http with a key is for this machine only."
        case .unusable: "Set MISTRAL_API_KEY, or api_key_file in the configuration, to a key from console.mistral.ai."
        case nil: Advice.of(code: code)
        }
    }

    /// The exit code of a verb that ends with the error, and the error's code for programs.
    var outcome: (exitCode: ExitCode, code: String) {
        if isCredentialProblem { return (.credentialsRefused, "credentials_refused") }
        switch kind {
        case .unreachable: return (.unreachable, "unreachable")
        case .insecure: return (.unreachable, "insecure")
        case .notTheAPI: return (.unreachable, "not_the_api")
        case .noRoute: return (.configuration, "no_route")
        case .answerTooLarge: return (.badData, "answer_too_large")
        case .notInPlan: return (.badData, "not_in_plan")
        case .answerLost: return (.tryLater, "answer_lost")
        case .cancelled: return (.tryLater, "cancelled")
        case .streamError, .truncatedStream: return (.tryLater, "stream_broken")
        case .unusableRequest: return (.badData, "unusable_request")
        case .status(404): return (.notFound, "not_found")
        case .status(409): return (.tryLater, "busy")
        case .status(429): return (.tryLater, "rate_limited")
        case .status(500...): return (.tryLater, "server_error")
        case .status: return (.badData, "refused")
        }
    }
}

extension Advice {
    /// The advice on an error of the API client, or on the reason of a write that waits; `nil` for a code that needs none.
    static func of(code: String) -> String? {
        switch code {
        // The network and the server.
        case "unreachable": "Check the network and CONVO_SERVER_URL; what is queued is sent when the server is back."
        case "insecure":
            "Check CONVO_SERVER_URL; a server of your own needs the file of its certificate authority in SSL_CERT_FILE."
        case "answer_lost": "Try again later; whether the server has acted is found out by reading from it."
        case "not_the_api":
            "Is there a sign-in page or a proxy in the way? Check the network and CONVO_SERVER_URL; what is queued goes by itself."
        case "no_route": "Check CONVO_SERVER_URL: the path before /v1 is wrong."
        case "not_in_plan": "Choose another model, or change the workspace's plan at console.mistral.ai."
        case "stream_error", "truncated_stream": "Run `convo sync` to see what the server kept of the answer."
        case "unusable_request": "Check CONVO_SERVER_URL, MISTRAL_API_KEY and what is being sent."

        // A write that the engine looks for.
        case "not_there_yet":
            "It may still surface; Convo looks again."
        case "unanswered":
            "Its run may still be under way; Convo looks again."

        // A write that waits for the person.
        case "overtaken":
            "Look with `convo history`; then `convo outbox retry` sends it all the same, `convo outbox cancel` drops it."
        case "unseen":
            "`convo conflict CONVERSATION append`, then `convo outbox retry`, sends it all the same; `convo outbox cancel` drops it."
        case "ambiguous":
            "Look with `convo history`; then `convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "changed":
            "Look with `convo history`; then `convo outbox cancel` drops this one, `convo outbox retry` sends it again."
        case "unreadable":
            "Look for it elsewhere; then `convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "not_shown":
            "`convo outbox retry` looks for it again; `convo outbox cancel` drops it."
        case "conversation_deleted":
            "`convo outbox cancel` drops it; `convo start` begins a new conversation."
        case "unrecognisable":
            "Look with `convo list`; then `convo outbox retry` makes it again, `convo outbox cancel` drops it."
        case "conversation_gone":
            "`convo outbox retry` looks for it again, or makes it again if it is a start or branch that is marked as deleted; `convo outbox cancel` drops it."
        case "unconfirmable":
            "`convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "agent_gone": "Restore the agent and run `convo outbox retry`, or start a new conversation."
        case "copied":
            "`convo outbox retry` looks for it on the server and sends it if it is not there; `convo outbox cancel` drops it."
        case "other_account": "`convo outbox retry` sends it to the account of now, `convo outbox cancel` drops it."
        case "dependency": "`convo outbox retry` or `convo outbox cancel` with that operation's id decides about both."

        default: status(in: code).flatMap(of(status:))
        }
    }

    /// The status in a code such as `http_503` or `gateway_502`.
    private static func status(in code: String) -> Int? {
        ["http_", "gateway_"].first { code.hasPrefix($0) }.flatMap { Int(code.dropFirst($0.count)) }
    }

    private static func of(status: Int) -> String? {
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
