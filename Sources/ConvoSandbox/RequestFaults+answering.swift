import ConvoModel
import ConvoServer
import MistralEmulator

/// The answers of faults, which the sandbox gives in place of the emulator's.
extension RequestFaults {
    /// The answer of a fault before any work; `nil` where the work is to be done.
    func refusal(_ switches: Switches) -> ServiceError? {
        switch answer {
        case .resetBeforeCommit: .connectionReset
        case .rateLimit:
            ServiceError(.rateLimited(retryAfter: switches.retryAfterSeconds))
        case .error500: .business(500, code: 3000, "Internal server error")
        case .error502: .answer(status: 502, .plainText(RequestFaults.upstreamError))
        case .error503: .answer(status: 503, .plainText(RequestFaults.upstreamError))
        case .failedResponse: .failedResponse
        case .html: .intercepted(status: 200, .html(RequestFaults.page("Sign in")))
        // RFC 6761 reserves .invalid: a client that follows the redirect reaches no host.
        case .portal302:
            .intercepted(
                status: 302, .html(RequestFaults.page("Found")), headers: ["Location": "http://portal.invalid/sign-in"])
        case .portal403: .intercepted(status: 403, .html(RequestFaults.page("Access denied by the firewall")))
        case .portal404:
            .intercepted(status: 404, .html(RequestFaults.page("This page is not available in this network")))
        case .portalDetail: .intercepted(status: 404, .detail("Not Found"))
        case .proxy404: .intercepted(status: 404, .html(RequestFaults.page("404 Not Found", by: "nginx")))
        case .proxy502: .intercepted(status: 502, .html(RequestFaults.page("502 Bad Gateway", by: "nginx")))
        default: nil
        }
    }

    /// The answer of a fault in place of the result, once the work is done; `nil` where the client gets the result.
    var loss: ServiceError? {
        switch answer {
        case .resetAfterCommit, .lateCommit: .connectionReset
        case .error500AfterCommit: .business(500, code: 3000, "Internal server error")
        case .error502AfterCommit: .answer(status: 502, .plainText(RequestFaults.upstreamError))
        case .error503AfterCommit: .failedResponse
        case .htmlAfterCommit: .intercepted(status: 200, .html(RequestFaults.page("Sign in")))
        case .proxy502AfterCommit: .intercepted(status: 502, .html(RequestFaults.page("502 Bad Gateway", by: "nginx")))
        default: nil
        }
    }

    private static let upstreamError =
        "upstream connect error or disconnect/reset before headers. reset reason: overflow"

    private static func page(_ heading: String, by server: String? = nil) -> String {
        "<!DOCTYPE html><html><head><title>\(heading)</title></head><body><h1>\(heading)</h1>"
            + (server.map { "<hr><center>\($0)</center>" } ?? "") + "</body></html>\n"
    }
}

extension ServiceError {
    static let failedResponse = ServiceError(.failedResponse)

    init(_ refusal: Refusal) {
        self = .answer(status: refusal.status, refusal.body, headers: refusal.headers)
    }
}
