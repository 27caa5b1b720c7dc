internal import ConvoPlatform

/// HTTP over libcurl: keep-alive, HTTP/2 where TLS negotiates it, compression, the proxies of the environment.
///
/// Certificates are always verified. No request but a `GET` is ever sent twice. No error message repeats any part of a
/// proxy's address, because a malformed one may hold a password in any place.
package final class CurlTransport: HTTPTransport {
    private let driver: CurlDriver

    /// Creates a transport, whose thread starts with the first request.
    package init(options: CurlOptions = CurlOptions()) { driver = CurlDriver(options: options) }

    deinit { driver.close() }

    /// Ends all requests, closes all connections and ends the thread.
    ///
    /// Blocks until they are gone. Requests made later fail with ``HTTPError/Kind/transportClosed``.
    package func close() { driver.close() }

    /// Sends a request, and reads the whole answer.
    ///
    /// Follows a redirect of a `GET` to the same scheme, host and port, five times at most; every other redirect is
    /// returned as the answer. The request's limits apply to each of these requests by itself.
    ///
    /// - Parameter request: what is sent.
    /// - Returns: the answer, whatever its status.
    /// - Throws: ``HTTPError`` if no whole answer came, or it was larger than the request's limit.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await following(request, \.head) { request async throws(HTTPError) in try await sendOnce(request) }
    }

    /// Sends a request as ``send(_:)`` does, and returns when the whole answer is there, or so many bytes of its body.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - count: how many bytes of the body to wait for. While the reader is behind, so many and 256 KB wait for it; then the
    ///     sender is slowed down.
    /// - Returns: the answer's head, whatever its status, and its body.
    /// - Throws: ``HTTPError`` if no head came.
    package func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream {
        try await following(request, \.head) { request async throws(HTTPError) in
            try await open(request, capacity: count + PendingResponse.streamCapacity, isStream: false) { exchange in
                await exchange.head(with: count)
            }
        }
    }

    /// Sends a request, and those that redirects ask for.
    private func following<Answer>(
        _ request: HTTPRequest, _ head: (Answer) -> HTTPHead,
        _ send: (HTTPRequest) async throws(HTTPError) -> Answer
    ) async throws(HTTPError) -> Answer {
        var request = request
        for _ in 0..<HTTPRedirect.limit {
            let answer = try await send(request)
            guard let next = HTTPRedirect.next(after: head(answer), to: request) else { return answer }
            request = next
        }
        return try await send(request)
    }

    /// Sends a request without following a redirect.
    private func sendOnce(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try check(request)
        let exchange = PendingResponse(capacity: .max)
        let ticket = driver.start(request, exchange, isStream: false)
        let result = await withTaskCancellationHandler {
            await exchange.whole()
        } onCancel: {
            driver.cancel(ticket)
        }
        return try result.get()
    }

    /// Sends a request, and returns as soon as the answer's head is there.
    ///
    /// Follows no redirect, and asks for no compression, which would hold events back. At most 256 KB or one larger
    /// chunk wait for the reader; then the sender is slowed down.
    ///
    /// - Parameter request: what is sent.
    /// - Returns: the answer's head, whatever its status, and its body as it comes.
    /// - Throws: ``HTTPError`` if no head came.
    package func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        try await open(request, capacity: PendingResponse.streamCapacity, isStream: true) { await $0.head() }
    }

    /// Sends a request without following a redirect, and returns when the head that is waited for is there.
    private func open(
        _ request: HTTPRequest, capacity: Int, isStream: Bool,
        _ head: (PendingResponse) async -> Result<HTTPHead, HTTPError>
    ) async throws(HTTPError) -> HTTPStream {
        try check(request)
        let exchange = PendingResponse(capacity: capacity)
        let ticket = driver.start(request, exchange, isStream: isStream)
        let body = CurlBody(exchange: exchange, ticket: ticket, transport: self, driver: driver)
        let result = await withTaskCancellationHandler {
            await head(exchange)
        } onCancel: {
            driver.cancel(ticket)
        }
        return HTTPStream(head: try result.get(), body: HTTPBody(body))
    }

    /// Refuses a request of a cancelled task, or with a header field that would break the message.
    private func check(_ request: HTTPRequest) throws(HTTPError) {
        if Task.isCancelled { throw .cancelled(mayHaveReachedServer: false) }
        for field in request.headers.fields where !field.isUsable {
            throw .unusable("a header field cannot be sent as it is")
        }
    }
}

/// The options of a transport, which apply to all its requests.
package struct CurlOptions: Hashable, Sendable {
    /// The path of a PEM file of certificate authorities to trust in place of the system's; `nil` for the system's.
    ///
    /// Certificates are verified in either case.
    package var certificateFile: String?
    /// The number of transfers at once; further requests wait for the end of one.
    package var transferLimit = 256

    /// Creates options.
    package init(certificateFile: String? = nil) { self.certificateFile = certificateFile }
}

/// The body of a stream that libcurl receives.
///
/// It retains the transport, so that the transport lives as long as its streams.
final class CurlBody: HTTPBodySource {
    private let exchange: PendingResponse
    private let ticket: CurlDriver.Ticket
    private let transport: CurlTransport
    private let driver: CurlDriver

    init(exchange: PendingResponse, ticket: CurlDriver.Ticket, transport: CurlTransport, driver: CurlDriver) {
        self.exchange = exchange
        self.ticket = ticket
        self.transport = transport
        self.driver = driver
    }

    deinit { driver.cancel(ticket) }

    func next() async throws(HTTPError) -> [UInt8]? {
        let (result, wasPaused) = await withTaskCancellationHandler {
            await exchange.bytes()
        } onCancel: {
            driver.cancel(ticket)
        }
        if wasPaused { driver.resume(ticket) }
        let bytes = try result.get()
        return bytes.isEmpty ? nil : bytes
    }

    func abandon() { driver.cancel(ticket) }
}

/// Decides which redirects are followed: those of a `GET` to the same scheme, host and port.
///
/// So the key goes to no other server, and nothing that may act twice is sent twice. Every other redirect is an answer
/// like any other.
enum HTTPRedirect {
    /// The number of redirects that are followed for one request.
    static let limit = 5

    /// The request that follows a redirect; `nil` where the answer is not a redirect that is followed.
    static func next(after head: HTTPHead, to request: HTTPRequest) -> HTTPRequest? {
        guard request.method == .get, [301, 302, 303, 307, 308].contains(head.status),
            let location = head.headers["location"], let target = request.url.resolving(location),
            target.isSameOrigin(as: request.url)
        else { return nil }
        var request = request
        request.url = target
        return request
    }
}

/// The proxies that libcurl takes from the environment.
///
/// > "libcurl respects the proxy environment variables named http_proxy, ftp_proxy, sftp_proxy etc." […] "all_proxy"
/// > curl.se/libcurl/c/CURLOPT_PROXY.html
enum ProxyEnvironment {
    private static let names = ["http_proxy", "https_proxy", "all_proxy"]

    /// Whether the environment sets a proxy, in lower or upper case; whether a request uses it is libcurl's decision.
    static var isSet: Bool { isSet { name in getenv(name).map { String(cString: $0) } } }

    static func isSet(in variable: (String) -> String?) -> Bool {
        names.contains { name in [name, name.uppercased()].contains { variable($0)?.isEmpty == false } }
    }
}
