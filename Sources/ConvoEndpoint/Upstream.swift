package import ConvoHTTP
import ConvoJSON
import ConvoModel
import ConvoServer

/// The one server that the endpoint passes requests on to, with the real key.
///
/// No redirect is followed: the key goes to the configured server and to no other.
package struct Upstream: Sendable {
    /// The time limits of a request that passes: those of a long stream.
    static let limits = HTTPLimits(stall: .seconds(600), total: .seconds(6 * 3600), body: .max)
    /// The largest answer in bytes that is not passed on while it comes.
    private static let answerLimit = 16 << 20

    /// Where a request goes now.
    package struct Target: Sendable {
        package let server: HTTPURL
        /// The API key; `nil` for a server that asks for none.
        package let key: String?

        /// Makes a target.
        package init(server: HTTPURL, key: String?) { (self.server, self.key) = (server, key) }
    }

    private let transport: any HTTPTransport
    private let target: @Sendable () throws -> Target

    /// Makes an upstream.
    ///
    /// - Parameters:
    ///   - transport: sends the requests.
    ///   - target: reads the settings: called for each request.
    package init(transport: any HTTPTransport, target: @escaping @Sendable () throws -> Target) {
        (self.transport, self.target) = (transport, target)
    }

    /// Sends a request, and returns when the answer's head is there.
    ///
    /// - Parameters:
    ///   - method: the method's name.
    ///   - path: the path as the client has sent it, percent-encoded.
    ///   - query: the query as the client has sent it; `nil` for none.
    ///   - headers: the client's fields, as ``PassedHeaders`` lets them through.
    ///   - body: the body; `nil` for none.
    /// - Returns: the answer, whatever its status.
    /// - Throws: ``ServiceError``: 503 if the server cannot be asked, 400 for a path that cannot be passed.
    func send(
        _ method: String, path: String, query: String?, headers: HTTPHeaders, body: HTTPUpload?
    ) async throws(ServiceError) -> HTTPStream {
        let target: Target
        do { target = try self.target() } catch {
            throw .unavailable("the settings do not name a server that can be asked: see convo doctor", after: 30)
        }
        guard let url = target.server.passing(path: path, query: query) else {
            throw .answer(status: 400, .detail("Bad Request"))
        }
        var request = HTTPRequest(.get, url, headers: headers, limits: Upstream.limits)
        request.passedMethod = method
        request.upload = body
        if let key = target.key {
            request.headers["Authorization"] = "Bearer \(key)"
            if path == "/v1/users/me" || path == "/v1/whoami" { request.headers["x-api-key"] = key }
        }
        do throws(HTTPError) { return try await transport.stream(request) } catch {
            throw .unavailable("the server cannot be asked: \(error.message)", after: 5)
        }
    }

    /// Sends the server a write that the outbox cannot hold, for the server's own refusal.
    ///
    /// - Returns: the server's answer, whatever it is.
    /// - Throws: ``ServiceError``: 503 if the server was not asked, or its answer did not come whole.
    func answer(
        to kind: RequestIdentity.Kind, _ id: RemoteID?, _ body: JSONText
    ) async throws(ServiceError) -> ServiceError {
        let name = id.map { "/\(Upstream.percentEncoded($0.rawValue))" } ?? ""
        let path = "/v1/conversations\(name)\(kind == .restart ? "/restart" : "")"
        let bytes = Array(body.text.utf8)
        let upload = HTTPUpload(size: bytes.count)
        // Ends when the transfer has taken the bytes, or has ended.
        Task {
            if await upload.write(bytes) { upload.finish() }
        }
        let answer = try await send(
            "POST", path: path, query: nil, headers: ["Content-Type": "application/json"], body: upload)
        do throws(HTTPError) {
            let bytes = try await answer.body.collected(limit: Upstream.answerLimit)
            var headers: [String: String] = [:]
            headers["Content-Type"] = answer.headers["content-type"]
            headers["Retry-After"] = answer.headers["retry-after"]
            return .relayed(RelayedAnswer(status: answer.status, headers: headers, body: bytes))
        } catch {
            throw .unavailable("the server's answer broke off", after: 5)
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}

/// Decides which header fields pass between a client and the server.
///
/// Those that are about one connection (RFC 9110, 7.6.1) do not, nor does the client's token, which is for the endpoint alone.
enum PassedHeaders {
    private static let ofConnection: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings",
    ]
    private static let ofClient: Set<String> = [
        "authorization", "x-api-key", "host", "content-length", "expect", "origin",
    ]

    /// The fields of a request that the server gets.
    static func request(_ fields: [(name: String, value: String)]) -> HTTPHeaders {
        passed(fields) { !ofClient.contains($0) }
    }

    /// The fields of an answer that the client gets.
    ///
    /// `Content-Length` passes, since the body passes unchanged; beside `Transfer-Encoding` it says nothing (RFC 9112, 6.3), and
    /// would have the client take the next answer's bytes for this one's.
    static func response(_ fields: [(name: String, value: String)]) -> HTTPHeaders {
        let isChunked = fields.contains { $0.name.lowercased() == "transfer-encoding" }
        return passed(fields) { !isChunked || $0 != "content-length" }
    }

    private static func passed(
        _ fields: [(name: String, value: String)], _ isPassed: (String) -> Bool
    ) -> HTTPHeaders {
        // `Connection` may name further fields that are about this connection.
        let named = Set(
            fields.filter { $0.name.lowercased() == "connection" }
                .flatMap { $0.value.lowercased().split(separator: ",") }
                .map { String($0.filter { $0 != " " && $0 != "\t" }) })
        var headers = HTTPHeaders()
        for (name, value) in fields {
            let folded = name.lowercased()
            if ofConnection.contains(folded) || named.contains(folded) || !isPassed(folded) { continue }
            headers.append(name, value)
        }
        return headers
    }
}
