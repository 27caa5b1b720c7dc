internal import CCurl

/// One request while libcurl works on it; created, used and destroyed on the driver's thread.
final class Transfer {
    let request: HTTPRequest
    let exchange: PendingResponse
    let easy: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var head = HeadParser()
    private var sentBody = 0
    private var receivedBody = 0
    /// Why a callback ended the transfer; `nil` where none did.
    private(set) var refusal: HTTPError?

    init(_ request: HTTPRequest, exchange: PendingResponse, easy: UnsafeMutableRawPointer) {
        self.request = request
        self.exchange = exchange
        self.easy = easy
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        convo_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// libcurl's own text for a failure, more exact than the sentence for its code; empty where there is none.
    ///
    /// It may hold the password of a proxy.
    var libcurlText: String { String(cString: errorText) }

    /// Whether the server may have acted on the request.
    ///
    /// It cannot act on a request with a body before the first byte of the body.
    var mayHaveReachedServer: Bool {
        if request.hasBody { return sentBody > 0 }
        var microseconds: curl_off_t = 0
        _ = convo_easy_get_size(easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }

    // MARK: Callbacks

    /// Takes a line of the head; `false` ends the transfer.
    func received(line: UnsafeRawBufferPointer) -> Bool {
        do {
            if let head = try head.take(line) { exchange.arrived(head) }
            return true
        } catch {
            refusal = .headTooLarge(limit: HeadParser.sizeLimit)
            return false
        }
    }

    enum ChunkDisposition { case taken, later, refused }

    /// Takes bytes of the body, pauses the transfer, or ends it.
    func received(body: UnsafeRawBufferPointer) -> ChunkDisposition {
        guard body.count <= request.limits.body - receivedBody else {
            refusal = .bodyTooLarge(limit: request.limits.body)
            return .refused
        }
        guard exchange.offer(body) else { return .later }
        receivedBody += body.count
        return .taken
    }

    /// Copies the next bytes of the request's body into libcurl's buffer, and returns their number, 0 at the end; or what tells
    /// libcurl to wait for more, or to end the transfer.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let upload = request.upload {
            switch upload.fill(buffer) {
            case .bytes(let count):
                sentBody += count
                return count
            case .later: return Int(CURL_READFUNC_PAUSE)
            case .end: return 0
            case .broken: return Int(CURL_READFUNC_ABORT)
            }
        }
        let count = min(buffer.count, request.body.count - sentBody)
        request.body.withUnsafeBytes { body in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: body[sentBody..<sentBody + count]))
        }
        sentBody += count
        return count
    }
}

extension HTTPRequest {
    /// Whether the request has a body, so that the server cannot act on it before the body's first byte.
    var hasBody: Bool { upload.map { $0.size != 0 } ?? (method == .post && !body.isEmpty) }
}

// MARK: Setting up

extension Transfer {
    /// Sets all options of the transfer.
    ///
    /// - Parameters:
    ///   - options: the transport's.
    ///   - context: a pointer to this transfer, for the callbacks.
    /// - Returns: `false` if libcurl refused an option, which it does only when memory is short.
    func configure(options: CurlOptions, context: UnsafeMutableRawPointer) -> Bool {
        setServer(options) && setLimits() && setMessage() && setCallbacks(context)
    }

    private func setServer(_ options: CurlOptions) -> Bool {
        set(CURLOPT_URL, request.url.text) && set(CURLOPT_PROTOCOLS_STR, "http,https")
            && set(CURLOPT_NOSIGNAL, 1) && set(CURLOPT_FOLLOWLOCATION, 0)
            && set(CURLOPT_SSL_VERIFYPEER, 1) && set(CURLOPT_SSL_VERIFYHOST, 2)
            && set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)) && set(CURLOPT_TCP_KEEPALIVE, 1)
            && set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
            // Without it, ending a request whose host name is being resolved would wait for the resolver, and block the
            // other transfers.
            && set(CURLOPT_QUICK_EXIT, 1)
            // A request to this machine may be unencrypted, so it must not go to a proxy on another one.
            && (request.url.isLoopback ? set(CURLOPT_NOPROXY, "*") : true)
            && (options.certificateFile.map { set(CURLOPT_CAINFO, $0) } ?? true)
    }

    private func setLimits() -> Bool {
        let limits = request.limits
        return set(CURLOPT_CONNECTTIMEOUT_MS, limits.connect.wholeMilliseconds)
            && set(CURLOPT_TIMEOUT_MS, limits.total.wholeMilliseconds)
            && set(CURLOPT_LOW_SPEED_LIMIT, 1)
            && set(CURLOPT_LOW_SPEED_TIME, max(1, Int(limits.stall.components.seconds)))
    }

    private func setMessage() -> Bool {
        for field in request.headers.fields {
            guard add(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)") else { return false }
        }
        if let name = request.passedMethod {
            guard setPassed(name) else { return false }
            return convo_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
        }
        switch request.method {
        case .get: break
        case .delete:
            guard set(CURLOPT_CUSTOMREQUEST, "DELETE"), set(CURLOPT_FRESH_CONNECT, 1) else { return false }
        case .post:
            guard add("Expect:"), request.headers["content-type"] != nil || add("Content-Type:"),
                set(CURLOPT_POST, 1), set(CURLOPT_FRESH_CONNECT, request.body.isEmpty ? 1 : 0),
                convo_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)) == CURLE_OK
            else { return false }
        }
        return convo_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
    }

    /// Sets a method of any name, and the body that is sent while it is read.
    ///
    /// libcurl sends such a request once: a new connection is never closed by the server before it answers.
    private func setPassed(_ name: String) -> Bool {
        guard set(CURLOPT_CUSTOMREQUEST, name), set(CURLOPT_FRESH_CONNECT, ["GET", "HEAD"].contains(name) ? 0 : 1)
        else {
            return false
        }
        guard let upload = request.upload else { return name == "HEAD" ? set(CURLOPT_NOBODY, 1) : true }
        guard add("Expect:"), request.headers["content-type"] != nil || add("Content-Type:"), set(CURLOPT_POST, 1),
            upload.size != nil || add("Transfer-Encoding: chunked")
        else { return false }
        return convo_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, upload.size.map { curl_off_t($0) } ?? -1)
            == CURLE_OK
    }

    private func setCallbacks(_ context: UnsafeMutableRawPointer) -> Bool {
        let isSet = [
            convo_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
            convo_easy_set_pointer(easy, CURLOPT_WRITEDATA, context),
            convo_easy_set_pointer(easy, CURLOPT_HEADERDATA, context),
            convo_easy_set_pointer(easy, CURLOPT_READDATA, context),
            convo_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION, onHeader),
            convo_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION, onBody),
            convo_easy_set_data_callback(easy, CURLOPT_READFUNCTION, onRead),
            // libcurl by itself sends a request again where a kept-alive connection ends without an answer, even a POST
            // that the server has acted on. To do so it must rewind the body, which this callback refuses.
            convo_easy_set_seek_callback(easy) { _, _, _ in Int32(CURL_SEEKFUNC_FAIL) },
        ]
        return isSet.allSatisfy { $0 == CURLE_OK }
    }

    /// Asks the server for compression; not for streams, where a compressor would hold events back.
    func acceptCompression() -> Bool { set(CURLOPT_ACCEPT_ENCODING, "") }

    private func set(_ option: CURLoption, _ value: Int) -> Bool {
        convo_easy_set_long(easy, option, value) == CURLE_OK
    }

    private func set(_ option: CURLoption, _ value: String) -> Bool {
        convo_easy_set_string(easy, option, value) == CURLE_OK
    }

    private func add(_ line: String) -> Bool {
        guard let list = convo_slist_append(headerList, line) else { return false }
        headerList = list
        return true
    }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let onHeader: convo_data_callback = { bytes, size, count, context in
    guard let transfer = transfer(context) else { return 0 }
    return transfer.received(line: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

private let onBody: convo_data_callback = { bytes, size, count, context in
    guard let transfer = transfer(context) else { return 0 }
    switch transfer.received(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) {
    case .taken: return size * count
    case .later: return Int(CURL_WRITEFUNC_PAUSE)
    case .refused: return 0
    }
}

private let onRead: convo_data_callback = { bytes, size, count, context in
    guard let transfer = transfer(context) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.fill(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

extension Duration {
    /// The duration in milliseconds, at least one, because libcurl takes zero for "no limit", and at most a year.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = min(self, .seconds(365 * 86_400)).components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

extension Transfer {
    /// The result for the caller, made from libcurl's code.
    func outcome(_ code: CURLcode) -> Result<Void, HTTPError> {
        if code == CURLE_OK { return .success(()) }
        if let refusal { return .failure(refusal) }
        let reached = mayHaveReachedServer
        let kind = Transfer.kind(of: code, reached: reached, elapsed: elapsed, limits: request.limits)
        let reason = String(cString: convo_easy_strerror(code))
        let message =
            switch kind {
            case .connectTimeout: "no connection to \(request.url.origin) within \(request.limits.connect)"
            case .stalled: "nothing came from \(request.url.origin) for \(request.limits.stall)"
            case .timeout: "no whole answer from \(request.url.origin) within \(request.limits.total)"
            case .connectionLost: "the connection to \(request.url.origin) broke off: \(reason)"
            default: "no connection to \(request.url.origin): \(explanation(of: code) ?? reason)"
            }
        return .failure(HTTPError(kind, mayHaveReachedServer: reached, message: message))
    }

    /// An explanation that says more than the sentence for the code, where it may be shown.
    ///
    /// Before the request is sent, libcurl's text holds nothing of the request or of an answer. But it repeats the
    /// address of a proxy, and with it, where the address is malformed, parts of its user and password in any place,
    /// because libcurl takes what follows an unescaped `@`, `#` or `/` for something else. So this does not use
    /// libcurl's text where there is a proxy.
    private func explanation(of code: CURLcode) -> String? {
        let mayUseProxy = !request.url.isLoopback && ProxyEnvironment.isSet
        guard mayUseProxy else { return libcurlText.isEmpty ? nil : libcurlText }
        return Transfer.isAboutProxy(code)
            ? "the proxy's address in the environment cannot be used, or there is no proxy at it" : nil
    }

    /// Whether a malformed address of a proxy can end with this code; the URL of the request has been checked before.
    private static func isAboutProxy(_ code: CURLcode) -> Bool {
        switch code {
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
            CURLE_PROXY:
            true
        default: false
        }
    }

    private var elapsed: Duration {
        var microseconds: curl_off_t = 0
        _ = convo_easy_get_size(easy, CURLINFO_TOTAL_TIME_T, &microseconds)
        return .microseconds(Int64(microseconds))
    }

    /// The kind of failure that libcurl's code means, given whether the request may have reached the server.
    static func kind(of code: CURLcode, reached: Bool, elapsed: Duration, limits: HTTPLimits) -> HTTPError.Kind {
        switch code {
        case CURLE_OPERATION_TIMEDOUT where elapsed >= limits.total: .timeout
        case CURLE_OPERATION_TIMEDOUT: reached ? .stalled : .connectTimeout
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: reached ? .connectionLost : .unresolved
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            reached ? .connectionLost : .insecure
        default: reached ? .connectionLost : .notConnected
        }
    }
}
