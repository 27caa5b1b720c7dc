public import ConvoModel
import HTTPTypes
import Hummingbird

/// Why a service does not give what was asked for, in one of the shapes that the real API uses.
public enum ServiceError: Error, Hashable, Sendable {
    /// An answer with a status that is no success.
    ///
    /// - Parameter headers: by their names, beside the content type.
    case answer(status: Int, Shape, headers: [String: String] = [:])
    /// An answer of something that stands in the way of the API: without the gateway's headers.
    case intercepted(status: Int, Shape, headers: [String: String] = [:])
    /// No answer at all: the connection is reset.
    case connectionReset

    public enum Shape: Hashable, Sendable {
        /// `{"detail":"…"}`: the gateway's word on credentials and routes.
        case detail(String)
        /// `{"object":"Error","message":"…","type":"invalid_request_error","code":3000}`
        case business(message: String, code: Int)
        /// The same with an array for a message, once more as `detail`, and code 3001.
        case validation([ValidationIssue])
        /// `{"object":"error","message":"…","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}`
        case gateway(message: String, type: String, code: String, rawStatus: Int)
        /// `{"message":"no Route matched with those values","request_id":"<32 hex>"}`: the router's own word.
        case router(message: String)
        case plainText(String)
        case html(String)
    }

    /// The code of every refusal of a request's form.
    public static let validationCode = 3001

    public static func business(_ status: Int, code: Int, _ message: String) -> ServiceError {
        .answer(status: status, .business(message: message, code: code))
    }

    /// 404 for a path that leads to no service: the base URL is wrong.
    public static let noRoute = ServiceError.answer(
        status: 404, .router(message: "no Route matched with those values"))

    /// 422 with what is wrong with the request, place by place.
    public static func validation(_ issues: [ValidationIssue]) -> ServiceError {
        .answer(status: 422, .validation(issues))
    }

    /// 422 for a rule between fields, which the server words itself.
    public static func invalid(_ message: String) -> ServiceError {
        .business(422, code: validationCode, message)
    }
}

extension ServiceError.Shape {
    var contentType: String {
        switch self {
        case .plainText: "text/plain"
        case .html: "text/html; charset=utf-8"
        case .router: "application/json; charset=utf-8"
        case .detail, .business, .validation, .gateway: "application/json"
        }
    }

    /// - Parameter requestID: the exchange's name, which the router repeats.
    func text(requestID: String) -> String {
        switch self {
        case .detail(let detail): JSONText.object(["detail": .string(detail)]).text + "\n"
        case .business(let message, let code): body(message: .string(message), code: code, detail: nil).text
        case .validation(let issues):
            body(
                message: .array(issues.map(\.json)), code: ServiceError.validationCode,
                detail: .array(issues.map(\.json))
            ).text
        case .router(let message):
            JSONText.object(["message": .string(message), "request_id": .string(requestID)]).text
        case .gateway(let message, let type, let code, let rawStatus):
            JSONText.object([
                "object": .string("error"), "message": .string(message), "type": .string(type), "param": .null,
                "code": .string(code), "raw_status_code": .int(rawStatus),
            ]).text
        case .plainText(let text), .html(let text): text
        }
    }

    private func body(message: JSONText, code: Int, detail: JSONText?) -> JSONText {
        .object([
            "object": .string("Error"), "detail": detail, "message": message,
            "type": .string("invalid_request_error"), "code": .int(code),
        ])
    }
}

/// One thing that is wrong with a request's form, worded the way pydantic words it.
public struct ValidationIssue: Hashable, Sendable {
    /// A step on the way from the request to the wrong value.
    public enum Step: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case name(String)
        case index(Int)

        public init(stringLiteral value: String) { self = .name(value) }
        public init(integerLiteral value: Int) { self = .index(value) }

        fileprivate var json: JSONText {
            switch self {
            case .name(let name): .string(name)
            case .index(let index): .int(index)
            }
        }
    }

    public let type: String
    public let location: [Step]
    public let message: String
    public let input: JSONText
    public let context: JSONText?

    public init(_ type: String, at location: [Step], _ message: String, input: JSONText, context: JSONText? = nil) {
        self.type = type
        self.location = location
        self.message = message
        self.input = input
        self.context = context
    }

    public var json: JSONText {
        .object([
            "type": .string(type), "loc": .array(location.map(\.json)), "msg": .string(message), "input": input,
            "ctx": context,
        ])
    }
}

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
