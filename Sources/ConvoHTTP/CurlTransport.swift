#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// HTTP over libcurl: keep-alive, HTTP/2 where TLS negotiates it, compression, the proxies of the environment.
///
/// No message repeats anything of a proxy's address: badly written, it may hold a password in any place. Certificates are always verified. A redirect is followed only for a `GET` to the same scheme, host and port; no
/// request but a `GET` is ever sent twice. Making one costs nothing: its thread starts with the first request.
public final class CurlTransport: HTTPTransport {
    private let driver: CurlDriver

    public init(options: CurlOptions = CurlOptions()) { driver = CurlDriver(options: options) }

    deinit { driver.close() }

    /// Ends all requests, closes all connections and ends the thread; when it returns they are gone. Requests made
    /// later fail with ``HTTPError/Kind/transportClosed``.
    public func close() { driver.close() }

    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        var request = request
        for _ in 0..<HTTPRedirect.limit {
            let response = try await sendOnce(request)
            guard let next = HTTPRedirect.next(after: response.head, to: request) else { return response }
            request = next
        }
        return try await sendOnce(request)
    }

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

    public func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        try check(request)
        let exchange = PendingResponse(capacity: PendingResponse.streamCapacity)
        let ticket = driver.start(request, exchange, isStream: true)
        let body = CurlBody(exchange: exchange, ticket: ticket, transport: self, driver: driver)
        let result = await withTaskCancellationHandler {
            await exchange.head()
        } onCancel: {
            driver.cancel(ticket)
        }
        return HTTPStream(head: try result.get(), body: HTTPBody(body))
    }

    private func check(_ request: HTTPRequest) throws(HTTPError) {
        if Task.isCancelled { throw .cancelled(mayHaveReachedServer: false) }
        for field in request.headers.fields where !field.isUsable {
            throw .unusable("a header field cannot be sent as it is")
        }
    }
}

/// What is set once for a transport.
public struct CurlOptions: Hashable, Sendable {
    /// A PEM file of certificate authorities to trust in place of the system's. Verification itself is always on.
    public var certificateFile: String?

    public init(certificateFile: String? = nil) { self.certificateFile = certificateFile }
}

/// The body of a stream that libcurl receives. Holds the transport, so that it lives as long as its streams.
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

/// Which redirects are followed: those of a `GET` to the same scheme, host and port. The key goes to no other server,
/// and nothing that may act twice is sent twice; every other redirect is an answer like any other.
enum HTTPRedirect {
    static let limit = 5

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

    /// Whether one is set, under whichever name and in whichever case. Which of them a request uses is libcurl's affair.
    static var isSet: Bool { isSet { name in getenv(name).map { String(cString: $0) } } }

    static func isSet(in variable: (String) -> String?) -> Bool {
        names.contains { name in [name, name.uppercased()].contains { variable($0)?.isEmpty == false } }
    }
}
