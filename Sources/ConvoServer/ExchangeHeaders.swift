import HTTPTypes
import Hummingbird

/// The headers that the gateway puts on every answer, as recorded; and its answer where no route leads further.
struct ExchangeHeaders: RouterMiddleware {
    typealias Context = ExchangeContext

    /// Tokens per minute that a workspace may use, as the headers say it.
    static let tokenLimit = 500_000

    func handle(
        _ request: Request, context: ExchangeContext,
        next: @concurrent (Request, ExchangeContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError {
            let refusal =
                error.status == .notFound && !ExchangeHeaders.leadsToService(request.uri.path)
                ? ServiceError.noRoute
                : ServiceError.answer(status: error.status.code, .detail(error.status.reasonPhrase))
            response = refusal.response(context)
        }
        response.headers[.correlationID] = context.correlationID
        response.headers[.kongRequestID] = context.correlationID
        response.headers[.upstreamServiceTime] = String(context.milliseconds)
        // Recorded streams carry no rate limits.
        if response.headers[.contentType] == "application/json" {
            response.headers[.tokenLimit] = String(ExchangeHeaders.tokenLimit)
            response.headers[.tokensRemaining] = String(ExchangeHeaders.tokenLimit)
        }
        return response
    }

    /// Whether the gateway sends the path on: a service behind it then says itself what it does not know.
    private static func leadsToService(_ path: String) -> Bool {
        ["/v1/conversations", "/v1/files"].contains { path == $0 || path.hasPrefix($0 + "/") }
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
