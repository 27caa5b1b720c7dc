package import ConvoModel
import HTTPTypes
import Hummingbird

/// A response in place of a result, in one of the shapes that the real API uses, or none at all.
package enum ServiceError: Error, Hashable, Sendable {
    /// The API answers with an error status; `headers` are those beside the content type and the gateway's own.
    case answer(status: Int, ErrorBody, headers: [String: String] = [:])
    /// Something between the client and the API answers, such as a portal or a proxy: without the gateway's headers.
    case intercepted(status: Int, ErrorBody, headers: [String: String] = [:])
    /// Another server's answer, whose status and body are passed on as they came.
    case relayed(RelayedAnswer)
    /// The server resets the connection and does not answer.
    case connectionReset

    /// An error of the service in the shape ``ErrorBody/business(message:code:)``.
    package static func business(_ status: Int, code: Int, _ message: String) -> ServiceError {
        .answer(status: status, .business(message: message, code: code))
    }

    /// 404 for a path that leads to no service: the base URL is wrong.
    package static let noRoute = ServiceError.answer(
        status: 404, .router(message: "no Route matched with those values"))

    /// 422 with an issue for each value of the request that has a wrong form.
    package static func validation(_ issues: [ValidationIssue]) -> ServiceError {
        .answer(status: 422, .validation(issues))
    }
}

/// An answer that another server has given.
package struct RelayedAnswer: Hashable, Sendable {
    package let status: Int
    /// The header fields of the response, by their names.
    package var headers: [String: String]
    package let body: [UInt8]

    /// Makes an answer; only the given header fields are sent.
    package init(status: Int, headers: [String: String], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }
}

extension ErrorBody {
    var contentType: String {
        switch self {
        case .plainText: "text/plain"
        case .html: "text/html; charset=utf-8"
        case .router: "application/json; charset=utf-8"
        case .detail, .business, .validation, .gateway: "application/json"
        }
    }
}

/// Gives the router's errors the API's form: the gateway's 404 for a path that leads to no service, and
/// `{"detail":"…"}` for a path of a service that has no such operation.
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
            return refusal.response(context, .emulated)
        }
    }

    /// Whether the gateway passes the path on to a service, which then answers what it does not know itself.
    private static func leadsToService(_ path: String) -> Bool {
        ["/v1/conversations", "/v1/files"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
