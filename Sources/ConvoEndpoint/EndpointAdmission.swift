/// Decides whether a request to the endpoint is one of a program that may send it.
///
/// The token tells programs of this user from others. `Host` and `Origin` tell web pages: a page that has its own name resolve to
/// this machine (DNS rebinding) names that as the host, and a browser names the page's origin.
package struct EndpointAdmission: Hashable, Sendable {
    /// The decision about one request.
    package enum Decision: Hashable, Sendable {
        case admitted
        /// The request has no token, or another one: 401.
        case unauthorized
        /// The request names another host, or comes from a web page of another one: 403.
        case foreign
        /// The method is none that the API has, or the target is not a path: 400.
        case malformed
    }

    /// The request, as far as the decision needs it.
    package struct Head: Hashable, Sendable {
        package var method: String
        /// The request's target as it was sent.
        package var target: String
        package var token: String?
        package var host: String?
        package var origin: String?

        /// Makes a head of its parts.
        package init(method: String, target: String, token: String?, host: String?, origin: String? = nil) {
            (self.method, self.target, self.token, self.host, self.origin) = (method, target, token, host, origin)
        }
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    private static let names = ["127.0.0.1", "[::1]", "localhost"]

    /// The token that a client has to send; `nil` admits nobody.
    let token: String?

    /// Makes the rules for one token.
    package init(token: String?) { self.token = token }

    /// Decides about a request.
    package func decision(on head: Head) -> Decision {
        guard EndpointAdmission.methods.contains(head.method), head.target.hasPrefix("/"),
            head.target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return .malformed }
        guard let host = head.host, EndpointAdmission.isThisMachine(host[...]) else { return .foreign }
        // Another program's page on this machine has another port.
        if let origin = head.origin, origin != "http://\(host)" { return .foreign }
        guard let token, let given = head.token, EndpointAdmission.areEqual(Array(given.utf8), Array(token.utf8)) else {
            return .unauthorized
        }
        return .admitted
    }

    /// Compares two texts in a time that does not depend on where they differ.
    static func areEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        var difference = UInt(bitPattern: given.count ^ expected.count)
        for (place, byte) in expected.enumerated() {
            let other = place < given.count ? given[place] : 0
            difference |= UInt(byte ^ other)
        }
        return difference == 0 && !expected.isEmpty
    }

    private static func isThisMachine(_ host: Substring) -> Bool {
        let host = host.lowercased()
        return names.contains { name in
            guard host.hasPrefix(name) else { return false }
            let port = host.dropFirst(name.count)
            return port.isEmpty || port.first == ":" && port.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
        }
    }
}
