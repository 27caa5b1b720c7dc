internal import CCurl

/// An absolute `http` or `https` URL without user, password or fragment.
///
/// What sends the request parses it, so what is checked here is what is connected to: libcurl, or URLSession where
/// `PlatformTransport` uses that.
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    public let scheme: String
    /// The host as it stands in the URL, in lower case: an IPv6 address has its brackets.
    public let host: String
    /// The port's number, also where it is the scheme's own and the URL leaves it out.
    public let port: Int
    /// The path with its leading slash, percent-encoded.
    public let path: String
    /// The query without its question mark, percent-encoded; `nil` where there is none.
    public let query: String?

    /// Parses a URL and drops its fragment.
    ///
    /// `nil` for anything that is not such a URL, one with a user or a password included, and where libcurl cannot be
    /// loaded; the first call loads it.
    public init?(_ text: String) {
        self.init(parsing: [text])
    }

    /// Parses the first text, then each further one relative to the result so far.
    private init?(parsing texts: [String]) {
        guard texts.allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } }) else { return nil }
        if let parse = PlatformTransport.parseURL, !CurlLibrary.isReady {
            guard let url = parse(texts) else { return nil }
            self = url
            return
        }
        guard CurlLibrary.isReady, let handle = convo_url() else { return nil }
        defer { convo_url_cleanup(handle) }
        for text in texts {
            let flags = UInt32(CURLU_DISALLOW_USER)
            guard convo_url_set(handle, CURLUPART_URL, text, flags) == CURLUE_OK else { return nil }
        }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard convo_url_get(handle, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
            defer { convo_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https",
            let host = part(CURLUPART_HOST), !host.isEmpty,
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap({ Int($0) })
        else { return nil }
        (self.scheme, self.host, self.port) = (scheme, host.lowercased(), port)
        path = part(CURLUPART_PATH) ?? "/"
        query = part(CURLUPART_QUERY)
    }

    init(scheme: String, host: String, port: Int, path: String, query: String?) {
        (self.scheme, self.host, self.port, self.path, self.query) = (scheme, host, port, path, query)
    }

    /// The whole URL as it is requested, with its query.
    public var text: String { query.map { "\(withoutQuery)?\($0)" } ?? withoutQuery }
    /// The URL without its query, which may be shown and logged.
    package var withoutQuery: String { origin + path }
    /// The URL without its query.
    public var description: String { withoutQuery }

    /// Scheme, host and, where it is not the scheme's own, the port.
    package var origin: String {
        port == (scheme == "https" ? 443 : 80) ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
    }

    /// Whether the host can only be this machine: `localhost`, `127.0.0.0/8` or `::1`.
    package var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The same server with a path below this URL's own, and another query.
    ///
    /// - Parameters:
    ///   - segments: the segments to append, which this percent-encodes.
    ///   - query: names and values, which this percent-encodes; they replace this URL's query, which an empty list
    ///     removes.
    /// - Returns: the URL.
    package func appending(segments: [String], query: [(name: String, value: String)] = []) -> HTTPURL {
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        let below = segments.map { "/" + HTTPURL.percentEncoded($0) }.joined()
        let pairs = query.map { "\(HTTPURL.percentEncoded($0.name))=\(HTTPURL.percentEncoded($0.value))" }
        return HTTPURL(
            scheme: scheme, host: host, port: port, path: base + below,
            query: pairs.isEmpty ? nil : pairs.joined(separator: "&"))
    }

    /// The same server with a path below this URL's own, both given as a client has sent them.
    ///
    /// - Parameters:
    ///   - path: the path, percent-encoded, which begins with a slash.
    ///   - query: the query, percent-encoded; `nil` for none.
    /// - Returns: the URL; `nil` where a step of the path is `.` or `..`, also percent-encoded, or a character is not one of a URL.
    package func passing(path: String, query: String?) -> HTTPURL? {
        let steps = path.lowercased().replacing("%2e", with: ".").split(separator: "/")
        guard path.hasPrefix("/"), !steps.contains("."), !steps.contains(".."),
            (path + (query ?? "")).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else { return nil }
        let base = self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path
        return HTTPURL(scheme: scheme, host: host, port: port, path: base + path, query: query)
    }

    /// The target of a `Location` field in an answer from this URL; `nil` where it is not an `http` or `https` URL.
    package func resolving(_ location: String) -> HTTPURL? { HTTPURL(parsing: [text, location]) }

    /// Whether scheme, host and port are the same.
    package func isSameOrigin(as other: HTTPURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Everything but letters, digits and `-._~` as `%XX` of its UTF-8 (RFC 3986, 2.3).
    static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
