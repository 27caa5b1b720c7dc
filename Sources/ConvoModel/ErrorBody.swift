public import ConvoJSON

/// The body of an error, in one of the shapes that the API uses, or that something in front of it does.
public enum ErrorBody: Hashable, Sendable {
    /// `{"detail":"…"}`, as the gateway answers about credentials and routes.
    case detail(String)
    /// `{"object":"Error","message":"…","type":"invalid_request_error","code":3000}`
    case business(message: String, code: Int)
    /// As ``business(message:code:)``, with the array of issues as `message` and as `detail`, and code 3001.
    case validation([ValidationIssue])
    /// `{"object":"error","message":"…","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}`
    case gateway(message: String, type: String, code: String, rawStatus: Int)
    /// `{"message":"no Route matched with those values","request_id":"<32 hex>"}`, as the router itself answers.
    case router(message: String)
    /// Plain text, as the proxy in front of the API answers with 502 and 503.
    case plainText(String)
    /// A page of HTML, as portals and proxies answer.
    case html(String)

    /// The `code` of the refusal of a request's form, which has the status 422 as a rule.
    public static let validationCode = 3001

    /// The body as it is sent.
    ///
    /// - Parameter requestID: the request's id in 32 digits, which the router's errors repeat.
    /// - Returns: JSON, plain text or HTML.
    public func text(requestID: String) -> String {
        switch self {
        case .detail(let detail): JSONText.object(["detail": .string(detail)]).text + "\n"
        case .business(let message, let code): body(message: .string(message), code: code, detail: nil).text
        case .validation(let issues):
            body(
                message: .array(issues.map(\.json)), code: ErrorBody.validationCode,
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

/// One error in a request's form, with pydantic's type and wording.
public struct ValidationIssue: Hashable, Sendable {
    /// A step of the path from the request to the wrong value.
    public enum Step: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        /// A part of the request (`body`, `query`), a member of an object, or an alternative of a union.
        case name(String)
        /// An index in an array, from 0, or the offset of a syntax error in the body.
        case index(Int)

        /// Makes a ``name(_:)``.
        public init(stringLiteral value: String) { self = .name(value) }
        /// Makes an ``index(_:)``.
        public init(integerLiteral value: Int) { self = .index(value) }

        fileprivate var json: JSONText {
            switch self {
            case .name(let name): .string(name)
            case .index(let index): .int(index)
            }
        }
    }

    /// `type`: pydantic's name for the kind of error, such as `missing` or `extra_forbidden`.
    public let type: String
    /// `loc`: the path to the wrong value.
    public let location: [Step]
    /// `msg`: the error in words, such as `Field required`.
    public let message: String
    /// `input`: the wrong value, or the object that lacks one.
    public let input: JSONText
    /// `ctx`: an object with the values that the message mentions; `nil` where there are none.
    public let context: JSONText?

    /// Makes an issue of its parts.
    public init(_ type: String, at location: [Step], _ message: String, input: JSONText, context: JSONText? = nil) {
        self.type = type
        self.location = location
        self.message = message
        self.input = input
        self.context = context
    }

    /// `{"type", "loc", "msg", "input"}`, and `"ctx"` where there is a context.
    public var json: JSONText {
        .object([
            "type": .string(type), "loc": .array(location.map(\.json)), "msg": .string(message), "input": input,
            "ctx": context,
        ])
    }
}
