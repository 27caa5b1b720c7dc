/// Why a request has no whole answer.
///
/// It knows the one thing that matters to a writer: whether the server may have seen the request. It never holds a
/// header's value, a body or a URL's query.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// It cannot be sent as it is: a header field with a line break, say.
        case unusableRequest
        /// The host's name has no address.
        case unresolved
        /// No connection: refused, no route, a proxy that says no.
        case notConnected
        /// No TLS, or a certificate that is not trusted.
        case insecure
        /// No connection within the time allowed for it.
        case connectTimeout
        /// The connection ended before the answer did, or what came was not HTTP.
        case connectionLost
        /// Nothing came for longer than allowed.
        case stalled
        /// The whole took longer than allowed.
        case timeout
        case headTooLarge(limit: Int)
        case bodyTooLarge(limit: Int)
        /// The caller's task was cancelled, or the caller let go of the stream.
        case cancelled
        /// The transport was closed, before or during the request.
        case transportClosed
    }

    public let kind: Kind
    /// `false`: the server has certainly not acted on the request. `true`: it may have, or not.
    public let mayHaveReachedServer: Bool
    /// One sentence, without any part of a proxy's address.
    public let message: String

    public var description: String { message }

    public init(_ kind: Kind, mayHaveReachedServer: Bool, message: String) {
        self.kind = kind
        self.mayHaveReachedServer = mayHaveReachedServer
        self.message = message
    }
}

extension HTTPError {
    static func unusable(_ message: String) -> HTTPError {
        HTTPError(.unusableRequest, mayHaveReachedServer: false, message: message)
    }

    static func cancelled(mayHaveReachedServer: Bool) -> HTTPError {
        HTTPError(.cancelled, mayHaveReachedServer: mayHaveReachedServer, message: "the request was cancelled")
    }

    static func transportClosed(mayHaveReachedServer: Bool) -> HTTPError {
        HTTPError(
            .transportClosed, mayHaveReachedServer: mayHaveReachedServer, message: "the connection was shut down")
    }

    static func headTooLarge(limit: Int) -> HTTPError {
        HTTPError(
            .headTooLarge(limit: limit), mayHaveReachedServer: true,
            message: "the answer's header is larger than \(limit) bytes")
    }

    static func bodyTooLarge(limit: Int) -> HTTPError {
        HTTPError(
            .bodyTooLarge(limit: limit), mayHaveReachedServer: true,
            message: "the answer is larger than \(limit) bytes")
    }
}
