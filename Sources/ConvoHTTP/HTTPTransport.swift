/// Sends HTTP requests; an in-process transport can stand in for libcurl.
///
/// Cancelling the task that waits ends the transfer at once and frees its connection.
public protocol HTTPTransport: Sendable {
    /// Sends a request, and reads the whole answer.
    ///
    /// An HTTP status of any kind is an answer, not an error.
    ///
    /// - Parameter request: what is sent.
    /// - Returns: the answer, whatever its status.
    /// - Throws: ``HTTPError`` if no whole answer came, or it was larger than the request's limit.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// Sends a request as ``send(_:)`` does, and returns when the whole answer is there, or so much of it that it should not
    /// be in memory as a whole.
    ///
    /// A slow reader slows the sender down: the number of bytes that wait to be read is bounded.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - count: how many bytes of the body to wait for; a shorter body is there as a whole.
    /// - Returns: the answer's head, whatever its status, and its body.
    /// - Throws: ``HTTPError`` if no head came. Errors after it are thrown by the body's iterator.
    func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream

    /// Sends a request, and returns as soon as the answer's head is there; the body follows as it comes.
    ///
    /// A slow reader slows the sender down: the number of bytes that wait to be read is bounded.
    ///
    /// - Parameter request: what is sent.
    /// - Returns: the answer's head, whatever its status, and its body.
    /// - Throws: ``HTTPError`` if no head came. Errors after it are thrown by the body's iterator.
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream
}

extension HTTPTransport {
    /// Sends a request, and returns when its whole answer is there, for transports whose answers are short.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - count: not used.
    /// - Returns: the answer.
    /// - Throws: ``HTTPError`` if no whole answer came.
    public func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream {
        let response = try await send(request)
        return HTTPStream(head: response.head, body: HTTPBody(chunks: [response.body]))
    }
}

/// One request; its whole body is in memory, but for what a proxy passes on.
public struct HTTPRequest: Hashable, Sendable {
    /// The methods that the API uses.
    public enum Method: String, Hashable, Sendable {
        /// Reads; the transport may follow a redirect, or repeat the request where a kept connection has ended.
        case get = "GET"
        /// Sends the body, once at most.
        case post = "POST"
        /// Deletes; sent once at most, without a body.
        case delete = "DELETE"
    }

    /// The method's name in place of ``method``'s, for a request that a proxy passes on; `nil` for any other.
    package var passedMethod: String?
    /// The body that is sent while it is read, in place of ``body``; `nil` for a body in memory, or none.
    package var upload: HTTPUpload?

    /// The request's method.
    public var method: Method
    /// The resource, with its query.
    public var url: HTTPURL
    /// The fields that the caller gives; the transport adds those that HTTP needs, such as `Host`.
    public var headers: HTTPHeaders
    /// The bytes of the body, which only a `POST` sends.
    public var body: [UInt8]
    /// How long the request may take, and how large its answer may be.
    public var limits: HTTPLimits

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: the request's method.
    ///   - url: the resource, with its query.
    ///   - headers: the fields that the caller gives.
    ///   - body: the bytes of the body, which only a `POST` sends.
    ///   - limits: how long the request may take, and how large its answer may be.
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

/// The status and the header fields of an answer.
public struct HTTPHead: Hashable, Sendable {
    /// The status code, such as 200.
    public let status: Int
    /// The fields of the answer's head, without trailers.
    public let headers: HTTPHeaders

    /// Creates a head.
    public init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }
}

/// A whole answer.
public struct HTTPResponse: Hashable, Sendable {
    /// The answer's status and header fields.
    public let head: HTTPHead
    /// The whole body, after decompression; empty where there is none.
    public let body: [UInt8]

    /// The status code, such as 200.
    public var status: Int { head.status }
    /// The fields of the answer's head.
    public var headers: HTTPHeaders { head.headers }

    /// Creates an answer from its head and its body.
    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    /// Creates an answer from the parts of its head and its body.
    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.init(head: HTTPHead(status: status, headers: headers), body: body)
    }
}

/// An answer whose head is there and whose body is still coming.
public struct HTTPStream: Sendable {
    /// The answer's status and header fields.
    public let head: HTTPHead
    /// The body as it comes; ``HTTPBody`` says when the request ends.
    public let body: HTTPBody

    /// The status code, such as 200.
    public var status: Int { head.status }
    /// The fields of the answer's head.
    public var headers: HTTPHeaders { head.headers }

    /// Creates an answer from its head and its body.
    public init(head: HTTPHead, body: HTTPBody) {
        self.head = head
        self.body = body
    }
}

/// How long a request may take, and how large its answer may be.
///
/// The times count from the moment at which the transfer begins, not while the request waits for other transfers.
public struct HTTPLimits: Hashable, Sendable {
    /// The time for the look-up of the host's name, the connection and TLS together.
    public var connect: Duration
    /// The time without a single byte in either direction, cut to whole seconds, at least one.
    ///
    /// The time in which a slow reader pauses the transfer does not count.
    public var stall: Duration
    /// The time for the whole exchange.
    public var total: Duration
    /// The size of the answer's body in bytes, after decompression.
    public var body: Int

    /// The time for a connection, unless the caller gives another one.
    public static let defaultConnect = Duration.seconds(10)
    /// The size of a body in bytes, 64 MB, unless the caller gives another one.
    public static let defaultBody = 64 << 20

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - connect: the time for a connection.
    ///   - stall: the time without a single byte, in whole seconds.
    ///   - total: the time for the whole exchange.
    ///   - body: the size of the answer's body in bytes.
    public init(
        connect: Duration = defaultConnect, stall: Duration, total: Duration, body: Int = defaultBody
    ) {
        self.connect = connect
        self.stall = stall
        self.total = total
        self.body = body
    }

    /// The limits for a request that the server answers from what it holds.
    public static let reading = HTTPLimits(stall: .seconds(30), total: .seconds(300))
    /// The limits for a history, which comes as a whole however long it is: half an hour, and 4 GB.
    public static let history = HTTPLimits(stall: .seconds(30), total: .seconds(1800), body: 4 << 30)
    /// The limits for an answer that a model has to write first.
    ///
    /// The server holds such a request open and silent meanwhile; more than eight minutes have been observed.
    public static let completion = HTTPLimits(stall: .seconds(600), total: .seconds(660))
    /// The limits for a stream of events.
    ///
    /// The server gives up after ten silent minutes, and so does the client.
    public static let streaming = HTTPLimits(stall: .seconds(600), total: .seconds(3600))
}
