internal import CCurl
internal import ConvoPlatform

/// What a server showed in a TLS handshake that was made only to look at its certificate.
///
/// The texts come from an unknown machine and are not sanitised.
package struct CertificateSight: Sendable, Hashable {
    /// Who issued the server's certificate, as the certificate names it.
    package let issuer: String
    /// When the certificate becomes valid, in the words of libcurl's TLS library.
    package let validFrom: String
    /// When the certificate expires, in the words of libcurl's TLS library.
    package let validUntil: String
    /// The `Date` field of the answer; `nil` where no answer came.
    package let date: String?
}

/// Looks at the certificate of a server that was not trusted, to say who issued it.
///
/// The one place where a certificate is not verified. The request is a `HEAD` of `/` without a key, a body or any field of the
/// caller's, and its answer is used for its `Date` field alone. Every other request of the process verifies.
package enum CertificateProbe {
    private static let timeoutMilliseconds = 5000

    /// Asks the server that a URL names for its certificate.
    ///
    /// - Parameter text: the URL; only its scheme, host and port are used.
    /// - Returns: what the server showed; `nil` for a URL without TLS, and where no handshake succeeds.
    package static func look(at text: String) async -> CertificateSight? {
        guard let url = HTTPURL(text), url.scheme == "https" else { return nil }
        return await withCheckedContinuation { continuation in
            // libcurl blocks, so it gets a thread of its own, which ends with the timeout at the latest.
            let thread = SystemThread { continuation.resume(returning: blockingLook(at: url)) }
            if let thread { thread.detach() } else { continuation.resume(returning: nil) }
        }
    }

    private static func blockingLook(at url: HTTPURL) -> CertificateSight? {
        guard CurlLibrary.isReady, let easy = convo_easy_init() else { return nil }
        defer { convo_easy_cleanup(easy) }
        let date = DateField()
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_NOBODY, 1), (CURLOPT_CERTINFO, 1), (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_SSL_VERIFYPEER, 0), (CURLOPT_SSL_VERIFYHOST, 0), (CURLOPT_TIMEOUT_MS, timeoutMilliseconds),
        ]
        let context = Unmanaged.passUnretained(date).toOpaque()
        guard convo_easy_set_string(easy, CURLOPT_URL, url.origin + "/") == CURLE_OK,
            numbers.allSatisfy({ convo_easy_set_long(easy, $0, $1) == CURLE_OK }),
            !url.isLoopback || convo_easy_set_string(easy, CURLOPT_NOPROXY, "*") == CURLE_OK,
            convo_easy_set_pointer(easy, CURLOPT_HEADERDATA, context) == CURLE_OK,
            convo_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION, onHeader) == CURLE_OK
        else { return nil }
        // A server that answers nothing has shown its certificate all the same.
        _ = withExtendedLifetime(date) { convo_easy_perform(easy) }
        let fields = certificateFields(of: easy)
        guard let issuer = fields["Issuer"] else { return nil }
        return CertificateSight(
            issuer: issuer, validFrom: fields["Start date"] ?? "", validUntil: fields["Expire date"] ?? "",
            date: date.value)
    }

    /// The fields of the server's own certificate, which libcurl lists first.
    private static func certificateFields(of easy: UnsafeMutableRawPointer) -> [String: String] {
        var chain: UnsafeMutablePointer<curl_certinfo>?
        guard convo_easy_get_certificates(easy, &chain) == CURLE_OK, let chain, chain.pointee.num_of_certs > 0 else {
            return [:]
        }
        var fields: [String: String] = [:]
        var next = chain.pointee.certinfo[0]
        while let item = next {
            let line = item.pointee.data.map { String(cString: $0) } ?? ""
            if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                fields[String(line[..<colon])] = String(value.prefix(fieldLimit))
            }
            next = item.pointee.next
        }
        return fields
    }

    /// The characters of a field that are kept: names are short, and the whole certificate is a field too.
    private static let fieldLimit = 300
}

/// The `Date` field of an answer, which the header callback fills while libcurl works.
private final class DateField {
    var value: String?

    func take(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line.prefix(100), as: UTF8.self)
        guard text.lowercased().hasPrefix("date:") else { return }
        value = String(text.dropFirst(5).drop { $0 == " " }.prefix { !$0.isNewline })
    }
}

private let onHeader: convo_data_callback = { bytes, size, count, context in
    if let context {
        Unmanaged<DateField>.fromOpaque(context).takeUnretainedValue()
            .take(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    return size * count
}

extension CurlLibrary {
    /// The version of the libcurl that is loaded, such as `7.88.1`; `nil` where none can be.
    package static var version: String? {
        guard isReady, let text = convo_version() else { return nil }
        let words = String(cString: text).prefix { $0 != " " }
        return words.hasPrefix("libcurl/") ? String(words.dropFirst("libcurl/".count)) : String(words)
    }
}

extension PlatformTransport {
    /// Finds the environment variable whose proxy a request to a URL goes through, as far as the variables tell.
    ///
    /// libcurl decides by `no_proxy` too, so a proxy that is named here may not be used.
    ///
    /// - Parameters:
    ///   - scheme: the URL's scheme, `http` or `https`.
    ///   - variable: looks up an environment variable.
    /// - Returns: the variable's name; `nil` where none is set.
    package static func proxyVariable(for scheme: String, _ variable: (String) -> String?) -> String? {
        // HTTP_PROXY is not read, because a CGI server sets it from a header field of the request.
        let names = scheme == "https" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
        return (names + ["all_proxy", "ALL_PROXY"]).first { variable($0)?.isEmpty == false }
    }
}
