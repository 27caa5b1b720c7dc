internal import CCurl

extension Transfer {
    /// What libcurl's code means for the caller.
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

    /// More than the code's own sentence says, where more may be shown.
    ///
    /// Before the request is sent, libcurl's words hold nothing of it or of an answer. But they repeat the address of a
    /// proxy, and with it, where that is badly written, parts of its user and password: in any place, because what follows
    /// an unescaped `@`, `#` or `/` is no longer taken for a password. So where there is a proxy they are not used.
    private func explanation(of code: CURLcode) -> String? {
        let mayUseProxy = !request.url.isLoopback && ProxyEnvironment.isSet
        guard mayUseProxy else { return libcurlText.isEmpty ? nil : libcurlText }
        return Transfer.isAboutProxy(code)
            ? "the proxy's address in the environment cannot be used, or there is no proxy at it" : nil
    }

    /// Codes that a bad address of a proxy ends with; the URL of a request itself has been checked before.
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
