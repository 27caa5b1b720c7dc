/// One request, whole: its body is in memory.
public struct HTTPRequest: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    public var method: Method
    public var url: HTTPURL
    public var headers: HTTPHeaders
    /// Sent by `POST` only.
    public var body: [UInt8]
    public var limits: HTTPLimits

    public init(
        _ method: Method, _ url: HTTPURL, headers: HTTPHeaders = [:], body: [UInt8] = [],
        limits: HTTPLimits = .reading
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
    }
}
