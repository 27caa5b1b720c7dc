/// Bytes out, bytes in. One small protocol, so that an in-process transport can stand in for libcurl.
///
/// Cancelling the task that waits ends the transfer at once and frees its connection.
public protocol HTTPTransport: Sendable {
    /// Sends a request and reads the whole answer. An HTTP status of any kind is an answer, not an error.
    ///
    /// - Throws: ``HTTPError`` if no whole answer came, or it was larger than the request's limit.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// Sends a request and returns as soon as the answer's head is there; the body follows as it comes. A reader
    /// that is slow slows the sender down: what is not yet read is bounded.
    ///
    /// - Throws: ``HTTPError`` if no head came. Errors after it are thrown by the body's iterator.
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream
}

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

/// The status and header fields of an answer.
public struct HTTPHead: Hashable, Sendable {
    public let status: Int
    public let headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }
}

/// A whole answer.
public struct HTTPResponse: Hashable, Sendable {
    public let head: HTTPHead
    public let body: [UInt8]

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }

    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.init(head: HTTPHead(status: status, headers: headers), body: body)
    }
}

/// An answer whose head is here and whose body is still coming.
public struct HTTPStream: Sendable {
    public let head: HTTPHead
    public let body: HTTPBody

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }

    public init(head: HTTPHead, body: HTTPBody) {
        self.head = head
        self.body = body
    }
}

/// How long a request may take, and how large its answer may be.
public struct HTTPLimits: Hashable, Sendable {
    /// From the start to the first byte sent: name look-up, connection, TLS.
    public var connect: Duration
    /// Without a single byte in either direction. Whole seconds; a reader's own pauses do not count.
    public var stall: Duration
    /// For the whole exchange.
    public var total: Duration
    /// Bytes of the answer's body, after decompression.
    public var body: Int

    public static let defaultConnect = Duration.seconds(10)
    public static let defaultBody = 64 << 20

    public init(
        connect: Duration = defaultConnect, stall: Duration, total: Duration, body: Int = defaultBody
    ) {
        self.connect = connect
        self.stall = stall
        self.total = total
        self.body = body
    }

    /// For what the server only looks up.
    public static let reading = HTTPLimits(stall: .seconds(30), total: .seconds(300))
    /// For an answer that a model has to write first: the server holds the request open and silent meanwhile, more
    /// than eight minutes have been observed.
    public static let completion = HTTPLimits(stall: .seconds(600), total: .seconds(660))
    /// For a stream of events: the server gives up after ten silent minutes, and so do we.
    public static let streaming = HTTPLimits(stall: .seconds(600), total: .seconds(3600))
}
