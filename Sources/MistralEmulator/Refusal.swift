public import ConvoModel

/// The API's answer to a request that it refuses, or that fails on the server.
public struct Refusal: Error, Hashable, Sendable {
    /// The HTTP status, 400 or higher.
    public let status: Int
    /// The body, which also decides the content type.
    public let body: ErrorBody
    /// The headers beside the content type and the gateway's own.
    public let headers: [String: String]

    /// Makes a refusal of its parts.
    public init(_ status: Int, _ body: ErrorBody, headers: [String: String] = [:]) {
        (self.status, self.body, self.headers) = (status, body, headers)
    }

    /// 503 with code 3000, "Failed to create conversation response."
    public static let failedResponse = business(503, code: 3000, "Failed to create conversation response.")

    /// 429 in the gateway's shape.
    ///
    /// - Parameter retryAfter: the header `Retry-After` in seconds; 0 for none.
    /// - Returns: the refusal.
    public static func rateLimited(retryAfter: Int) -> Refusal {
        rateLimited(headers: retryAfter > 0 ? ["Retry-After": "\(retryAfter)"] : [:])
    }

    /// 429 for a model that the workspace's plan does not include: its limit is zero.
    static let notInPlan = rateLimited(headers: ["x-ratelimit-limit-req-minute": "0"])
    static let forbidden = business(403, code: 3000, "Forbidden")
    /// 404 for a path that leads to no service.
    static let noRoute = Refusal(404, .router(message: "no Route matched with those values"))

    static func business(_ status: Int, code: Int, _ message: String) -> Refusal {
        Refusal(status, .business(message: message, code: code))
    }

    /// 422 with an issue for each value of the request that has a wrong form.
    static func validation(_ issues: [ValidationIssue]) -> Refusal { Refusal(422, .validation(issues)) }

    /// 422 for a request that breaks a rule between fields; the body has a message in place of issues.
    static func invalid(_ message: String) -> Refusal {
        business(422, code: ErrorBody.validationCode, message)
    }

    private static func rateLimited(headers: [String: String]) -> Refusal {
        Refusal(
            429, .gateway(message: "Rate limit exceeded", type: "rate_limited", code: "1300", rawStatus: 429),
            headers: headers)
    }
}

extension Switches {
    /// 404 for a conversation that is not there.
    var notFound: Refusal { .business(404, code: notFoundCode, notFoundMessage) }
    /// 409 while a write is in flight.
    var busy: Refusal {
        .business(409, code: busyCode, "Conversation is being updated, concurrent requests are not supported")
    }

    func unauthorized(because detail: String) -> Refusal {
        switch unauthorized {
        case .detail: Refusal(401, .detail(detail))
        case .message: Refusal(401, .router(message: "Unauthorized"))
        }
    }
}

extension Switches.IdentityAnswer {
    var refusal: Refusal? {
        switch self {
        case .given: nil
        case .unauthorized: Refusal(401, .router(message: "Unauthorized"))
        case .forbidden: Refusal(403, .detail("Forbidden"))
        case .notFound: .noRoute
        }
    }
}
