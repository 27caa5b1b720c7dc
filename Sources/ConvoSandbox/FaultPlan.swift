import ConvoServer

/// What will go wrong with one request, known before it begins.
struct FaultPlan: Hashable, Sendable {
    var isSlow = false
    var fault: Fault?

    /// The answer in place of any work.
    func refusal(_ switches: Switches) -> ServiceError? {
        switch fault {
        case .resetBeforeCommit: .connectionReset
        case .rateLimit:
            .answer(
                status: 429, .gateway(message: "Rate limit exceeded", type: "rate_limited", code: "1300"),
                retryAfterSeconds: switches.retryAfterSeconds > 0 ? switches.retryAfterSeconds : nil)
        case .error500: .business(500, code: 3000, "Internal server error")
        case .error502: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503: .answer(status: 503, .plainText(FaultPlan.upstreamError))
        case .html: .answer(status: 200, .html("<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>\n"))
        default: nil
        }
    }

    /// The answer in place of the result, once the work is done.
    var loss: ServiceError? {
        switch fault {
        case .resetAfterCommit, .lateCommit: .connectionReset
        case .error500AfterCommit: .business(500, code: 3000, "Internal server error")
        case .error502AfterCommit: .answer(status: 502, .plainText(FaultPlan.upstreamError))
        case .error503AfterCommit: .business(503, code: 3000, "Failed to create conversation response.")
        default: nil
        }
    }

    private static let upstreamError =
        "upstream connect error or disconnect/reset before headers. reset reason: overflow"
}
