/// The server's URL: scheme, host, port and perhaps a path in front of `/v1`.
package struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// The schemes that a server may have.
    package enum Scheme: String, Sendable { case http, https }

    /// The longest URL, in bytes.
    package static let lengthLimit = 2048

    /// The scheme; with `http`, requests are not encrypted.
    package let scheme: Scheme
    /// The host in lower case, with the brackets of an IPv6 address.
    package let host: String
    /// The port that was written, 1 to 65535; `nil` if none was.
    package let port: UInt16?
    /// The path in front of `/v1`: empty, or with a slash at its beginning and none at its end.
    package let path: String

    /// The URL with the port as it was written.
    ///
    /// Contains no user and no password.
    package var description: String { "\(scheme.rawValue)://\(host)\(port.map { ":\($0)" } ?? "")\(path)" }

    /// The same text for every way to write the same server: without the scheme's standard port.
    package var normalised: String {
        let standard: UInt16 = scheme == .https ? 443 : 80
        return "\(scheme.rawValue)://\(host)\(port.flatMap { $0 == standard ? nil : ":\($0)" } ?? "")\(path)"
    }

    /// The reason why a text is not a server's URL.
    package struct Rejection: Error, Hashable, Sendable {
        /// The end of a sentence: "it has no usable host".
        package let reason: String
    }

    /// Reads a URL.
    ///
    /// Scheme and host are taken in lower case; slashes at the end are dropped.
    ///
    /// - Parameter text: `http://` or `https://`, a host, perhaps a port and a path.
    /// - Throws: ``Rejection`` if the text is anything else, such as one with a query or a password.
    package init(_ text: String) throws(Rejection) {
        guard text.utf8.count <= ServerURL.lengthLimit, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Rejection(reason: "it is not the text of a URL")
        }
        guard let (scheme, rest) = ServerURL.scheme(of: text) else {
            throw Rejection(reason: "it does not begin with https:// or http://")
        }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Rejection(reason: "it has a query or a fragment")
        }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw Rejection(reason: "it has a user or a password in it") }
        let (host, port) = ServerURL.split(authority)
        guard ServerURL.isHost(host) else { throw Rejection(reason: "it has no usable host") }
        if let port {
            guard let number = UInt16(port), number > 0, port.allSatisfy({ $0.isNumber }) else {
                throw Rejection(reason: "its port is not a number from 1 to 65535")
            }
            self.port = number
        } else {
            self.port = nil
        }
        self.scheme = scheme
        self.host = host.lowercased()
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
    }

    /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
    package var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func scheme(of text: String) -> (Scheme, Substring)? {
        for scheme in [Scheme.https, .http] {
            let start = "\(scheme.rawValue)://"
            if text.lowercased().hasPrefix(start) { return (scheme, text.dropFirst(start.count)) }
        }
        return nil
    }

    /// Host and port.
    ///
    /// The colons of an IPv6 address do not separate them.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
        let afterAddress = authority.firstIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[afterAddress...].firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast()
            return !address.isEmpty && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty && host.allSatisfy { $0.isLetter || $0.isNumber || "-._".contains($0) }
    }
}
