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
