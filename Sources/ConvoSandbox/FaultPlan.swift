import ConvoServer

/// What will go wrong with one request, known before it begins.
struct FaultPlan: Hashable, Sendable {
    var struck: [Fault] = []

    /// The fault that gives another answer.
    var answer: Fault? { struck.first { $0.stage == .answer } }
    /// The fault that stores the inputs otherwise.
    var storage: Fault? { struck.first { $0.stage == .storage } }

    func has(_ fault: Fault) -> Bool { struck.contains(fault) }

    /// The answer in place of any work.
    func refusal(_ switches: Switches) -> ServiceError? {
        switch answer {
        case .resetBeforeCommit: .connectionReset
        case .rateLimit:
            .rateLimited(
                headers: switches.retryAfterSeconds > 0 ? ["Retry-After": "\(switches.retryAfterSeconds)"] : [:])
        case .error500: .business(500, code: 3000, "Internal server error")
        case .error502: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503: .answer(status: 503, .plainText(FaultPlan.upstreamError))
        case .failedResponse: .failedResponse
        case .html: .intercepted(status: 200, .html(FaultPlan.page("Sign in")))
        // RFC 6761 sets .invalid apart: who follows it reaches nobody.
        case .portal302:
            .intercepted(
                status: 302, .html(FaultPlan.page("Found")), headers: ["Location": "http://portal.invalid/sign-in"])
        case .portal403: .intercepted(status: 403, .html(FaultPlan.page("Access denied by the firewall")))
        case .portal404: .intercepted(status: 404, .html(FaultPlan.page("This page is not available in this network")))
        case .portalDetail: .intercepted(status: 404, .detail("Not Found"))
        case .proxy404: .intercepted(status: 404, .html(FaultPlan.page("404 Not Found", by: "nginx")))
        case .proxy502: .intercepted(status: 502, .html(FaultPlan.page("502 Bad Gateway", by: "nginx")))
        default: nil
        }
    }

    /// The answer in place of the result, once the work is done.
    var loss: ServiceError? {
        switch answer {
        case .resetAfterCommit, .lateCommit: .connectionReset
        case .error500AfterCommit: .business(500, code: 3000, "Internal server error")
        case .error502AfterCommit: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503AfterCommit: .failedResponse
        case .htmlAfterCommit: .intercepted(status: 200, .html(FaultPlan.page("Sign in")))
        case .proxy502AfterCommit: .intercepted(status: 502, .html(FaultPlan.page("502 Bad Gateway", by: "nginx")))
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
    /// 429 as the gateway says it.
    static func rateLimited(headers: [String: String] = [:]) -> ServiceError {
        .answer(
            status: 429,
            .gateway(message: "Rate limit exceeded", type: "rate_limited", code: "1300", rawStatus: 429),
            headers: headers)
    }

    static let failedResponse = ServiceError.business(503, code: 3000, "Failed to create conversation response.")
}
