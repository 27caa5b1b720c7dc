import HTTPTypes
import Hummingbird

extension Response {
    /// Tokens per minute that a workspace may use, as the headers say it.
    private static let tokenLimit = 500_000

    /// The same with the headers that the gateway puts on every answer, as recorded.
    func throughGateway(_ context: ExchangeContext) -> Response {
        var response = self
        response.headers[.correlationID] = context.correlationID
        response.headers[.kongRequestID] = context.correlationID
        response.headers[.upstreamServiceTime] = String(context.milliseconds)
        // Recorded streams carry no rate limits.
        if response.headers[.contentType] == "application/json" {
            response.headers[.tokenLimit] = String(Response.tokenLimit)
            response.headers[.tokensRemaining] = String(Response.tokenLimit)
        }
        return response
    }
}

extension ExchangeContext {
    fileprivate var milliseconds: Int64 {
        let elapsed = arrival.duration(to: .now).components
        return elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    }
}

extension HTTPField.Name {
    fileprivate static let correlationID = known("mistral-correlation-id")
    fileprivate static let kongRequestID = known("x-kong-request-id")
    fileprivate static let upstreamServiceTime = known("x-envoy-upstream-service-time")
    fileprivate static let tokenLimit = known("x-ratelimit-limit-tokens-minute")
    fileprivate static let tokensRemaining = known("x-ratelimit-remaining-tokens-minute")

    /// For names that are spelled right here; one that is not would be lost, not trap.
    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .server }
}
