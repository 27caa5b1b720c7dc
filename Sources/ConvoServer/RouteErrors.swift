import HTTPTypes
import Hummingbird

/// The gateway's answer where no route leads further, and a service's where it has no such operation.
struct RouteErrors: RouterMiddleware {
    typealias Context = ExchangeContext

    func handle(
        _ request: Request, context: ExchangeContext,
        next: @concurrent (Request, ExchangeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            let refusal =
                error.status == .notFound && !RouteErrors.leadsToService(request.uri.path)
                ? ServiceError.noRoute
                : ServiceError.answer(status: error.status.code, .detail(error.status.reasonPhrase))
            return refusal.response(context)
        }
    }

    /// Whether the gateway sends the path on: a service behind it then says itself what it does not know.
    private static func leadsToService(_ path: String) -> Bool {
        ["/v1/conversations", "/v1/files"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
