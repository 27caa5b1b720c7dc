// The one file outside ConvoPlatform that names a system, as scripts/check-layers knows: URLSession is a part of Apple's
// systems, and on the others `convo` must not link Foundation.

#if canImport(Darwin)
internal import Foundation
internal import Synchronization

extension PlatformTransport {
    static let withoutLibcurl: (@Sendable (CurlOptions) -> any HTTPTransport)? = { URLSessionTransport(options: $0) }

    static let parseURL: (@Sendable ([String]) -> HTTPURL?)? = { texts in
        var url: URL?
        for text in texts {
            url = URL(string: text, relativeTo: url)?.absoluteURL
            guard url != nil else { return nil }
        }
        return url.flatMap { HTTPURL($0) }
    }
}

/// HTTP over URLSession, for Apple's systems where there is no libcurl.
///
/// Redirects are never followed; there are no cookies, no cache and no stored passwords. It differs from
/// ``CurlTransport`` in what URLSession keeps to itself:
///
/// - Whether there is a connection is not told. A request whose body has not begun to leave within
///   ``HTTPLimits/connect`` is given up; one without a body has ``HTTPLimits/stall``.
/// - A failure counts as one that the server may have seen, unless URLSession says that there was no connection.
/// - A `GET` is sent again where a kept connection ends. A `DELETE` would be, too, and so gets a connection of its own.
/// - A slow reader slows the sender of an answer to a `GET` down, after what URLSession has under way. The answer to
///   another request is held whole if need be, up to ``HTTPLimits/body``.
final class URLSessionTransport: HTTPTransport {
    private let options: CurlOptions
    private let delegate = SessionDelegate()
    private let network: URLSession
    /// Without a proxy: a request to this machine may be unencrypted.
    private let loopback: URLSession

    init(options: CurlOptions = CurlOptions()) {
        self.options = options
        network = delegate.session(usesProxies: true)
        loopback = delegate.session(usesProxies: false)
    }

    deinit { close() }

    /// Ends all requests and closes all connections; requests made later fail with ``HTTPError/Kind/transportClosed``.
    func close() {
        guard let transfers = delegate.close() else { return }
        for transfer in transfers { transfer.refuse(.transportClosed(mayHaveReachedServer: true)) }
        // A session holds its delegate until then.
        for session in [network, loopback] { session.invalidateAndCancel() }
    }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let transfer = try start(request, capacity: .max, isStream: false)
        return try await transfer.cancellable { await transfer.answer.whole() }.get()
    }

    func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream {
        let transfer = try start(request, capacity: count + PendingResponse.streamCapacity, isStream: false)
        let body = SessionBody(transfer, transport: self)
        let head = try await transfer.cancellable { await transfer.answer.head(with: count) }.get()
        return HTTPStream(head: head, body: HTTPBody(body))
    }

    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        let transfer = try start(request, capacity: PendingResponse.streamCapacity, isStream: true)
        let body = SessionBody(transfer, transport: self)
        let head = try await transfer.cancellable { await transfer.answer.head() }.get()
        return HTTPStream(head: head, body: HTTPBody(body))
    }

    private func start(_ request: HTTPRequest, capacity: Int, isStream: Bool) throws(HTTPError) -> PushedTransfer {
        if Task.isCancelled { throw .cancelled(mayHaveReachedServer: false) }
        for field in request.headers.fields where !field.isUsable {
            throw .unusable("a header field cannot be sent as it is")
        }
        if options.certificateFile != nil { throw .unusable("only libcurl can use a file of certificates") }
        // What was checked is what is connected to.
        guard let url = URL(string: request.url.text), let read = HTTPURL(url), read.isSameOrigin(as: request.url)
        else {
            throw .unusable("the URL cannot be used")
        }
        let sharesConnections = request.method == .get || (request.method == .post && !request.body.isEmpty)
        let session =
            switch (sharesConnections, request.url.isLoopback) {
            case (true, true): loopback
            case (true, false): network
            case (false, let isLoopback): delegate.session(usesProxies: !isLoopback)
            }
        let transfer = delegate.start(request, capacity: capacity) {
            session.dataTask(with: URLRequest(request, url, isStream: isStream))
        }
        if !sharesConnections { session.finishTasksAndInvalidate() }
        guard let transfer else { throw .transportClosed(mayHaveReachedServer: false) }
        transfer.begin()
        return transfer
    }
}

/// The body of a stream that URLSession receives; it retains the transport, which lives as long as its streams.
private final class SessionBody: HTTPBodySource {
    private let transfer: PushedTransfer
    private let transport: URLSessionTransport

    init(_ transfer: PushedTransfer, transport: URLSessionTransport) {
        self.transfer = transfer
        self.transport = transport
    }

    deinit { abandon() }

    func next() async throws(HTTPError) -> [UInt8]? {
        let (result, wasPaused) = await transfer.cancellable { await transfer.answer.bytes() }
        if wasPaused { transfer.resume() }
        let bytes = try result.get()
        return bytes.isEmpty ? nil : bytes
    }

    func abandon() { transfer.refuse(.cancelled(mayHaveReachedServer: true)) }
}

/// Hands what URLSession tells to the transfers. Each session keeps it until the session is invalid.
private final class SessionDelegate: NSObject, URLSessionDataDelegate, Sendable {
    private let isClosed = Mutex(false)
    /// By the task's identity. No call of URLSession's is made under this lock: it may wait for the delegate.
    private let transfers = Mutex<[ObjectIdentifier: PushedTransfer]>([:])

    func session(usesProxies: Bool) -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.timeoutIntervalForResource = .greatestFiniteMagnitude
        if !usesProxies { configuration.connectionProxyDictionary = [:] }
        return URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    }

    /// Makes a transfer, unless the transport is closed: a closed session can make no task.
    func start(_ request: HTTPRequest, capacity: Int, _ make: () -> URLSessionTask) -> PushedTransfer? {
        isClosed.withLock { isClosed in
            guard !isClosed else { return nil }
            let task = make()
            let transfer = PushedTransfer(request, task, capacity: capacity)
            transfers.withLock { $0[ObjectIdentifier(task)] = transfer }
            return transfer
        }
    }

    /// Takes no more transfers, and returns those under way; `nil` where that was done before.
    func close() -> [PushedTransfer]? {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        return wasClosed ? nil : transfers.withLock { Array($0.values) }
    }

    private func transfer(of task: URLSessionTask) -> PushedTransfer? {
        transfers.withLock { $0[ObjectIdentifier(task)] }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) { completionHandler(nil) }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didSendBodyData bytesSent: Int64, totalBytesSent: Int64,
        totalBytesExpectedToSend: Int64
    ) { transfer(of: task)?.sentBody() }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) { completionHandler(transfer(of: dataTask)?.received(head(response)) == true ? .allow : .cancel) }

    private func head(_ response: URLResponse) -> HTTPHead? {
        guard let response = response as? HTTPURLResponse else { return nil }
        // URLSession keeps no order, and joins the fields of one name.
        let fields = response.allHeaderFields.map { ("\($0.key)", "\($0.value)") }.sorted { $0.0 < $1.0 }
        var headers = HTTPHeaders()
        for (name, value) in fields { headers.append(name, value) }
        return HTTPHead(status: response.statusCode, headers: headers)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let transfer = transfer(of: dataTask)
        // In one piece or several.
        for region in data.regions { region.withUnsafeBytes { transfer?.received($0) } }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let transfer = transfers.withLock { $0.removeValue(forKey: ObjectIdentifier(task)) }
        guard let transfer else { return }
        transfer.ended(error.map { HTTPError($0, transfer.request) })
    }
}

extension URLSessionTask: PushingTask {}

// MARK: URLSession's words and ours

extension URLRequest {
    fileprivate init(_ request: HTTPRequest, _ url: URL, isStream: Bool) {
        // The transfer's own limits pass before.
        let time = TimeInterval(PushedTransfer.longest.components.seconds)
        self.init(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: time)
        httpMethod = request.method.rawValue
        httpShouldHandleCookies = false
        for field in request.headers.fields { addValue(field.value, forHTTPHeaderField: field.name) }
        // A compressor would hold events back.
        if isStream { setValue("identity", forHTTPHeaderField: "Accept-Encoding") }
        if request.method == .post { httpBody = Data(request.body) }
    }
}

extension HTTPURL {
    /// The URL as Foundation reads it; `nil` for one that is not `http` or `https`, or has a user or a password.
    fileprivate init?(_ url: URL) {
        guard let parts = URLComponents(url: url, resolvingAgainstBaseURL: true), parts.user == nil,
            parts.password == nil, let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = parts.percentEncodedHost?.lowercased(), !host.isEmpty
        else { return nil }
        self.init(
            scheme: scheme, host: host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host,
            port: parts.port ?? (scheme == "https" ? 443 : 80),
            path: parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath, query: parts.percentEncodedQuery)
    }
}

extension HTTPError {
    /// What URLSession's error says. Only where it says that there was no connection has the server seen nothing.
    fileprivate init(_ error: any Error, _ request: HTTPRequest) {
        let (origin, code) = (request.url.origin, (error as? URLError)?.code ?? .unknown)
        let reason = "URLSession's error \(code.rawValue)"
        func unsent(_ kind: Kind) -> HTTPError {
            HTTPError(kind, mayHaveReachedServer: false, message: "no connection to \(origin): \(reason)")
        }
        self =
            switch code {
            case .cannotFindHost, .dnsLookupFailed: unsent(.unresolved)
            case .cannotConnectToHost, .notConnectedToInternet, .internationalRoamingOff, .callIsActive,
                .dataNotAllowed:
                unsent(.notConnected)
            case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
                .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid,
                .appTransportSecurityRequiresSecureConnection:
                unsent(.insecure)
            case .timedOut:
                HTTPError(
                    .stalled, mayHaveReachedServer: true,
                    message: "nothing came from \(origin) for \(request.limits.stall)")
            case .cancelled: .cancelled(mayHaveReachedServer: true)
            default:
                HTTPError(
                    .connectionLost, mayHaveReachedServer: true,
                    message: "the connection to \(origin) broke off: \(reason)")
            }
    }
}
#else
extension PlatformTransport {
    static let withoutLibcurl: (@Sendable (CurlOptions) -> any HTTPTransport)? = nil
    static let parseURL: (@Sendable ([String]) -> HTTPURL?)? = nil
}
#endif
