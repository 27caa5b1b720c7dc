/// The reason why a request has no whole answer.
///
/// It knows the one thing that matters to a writer: whether the server may have seen the request. It never holds a
/// header's value, a body or a URL's query.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Kind: Hashable, Sendable {
        /// The request cannot be sent as it is, for example because a header field has a line break; or memory is
        /// short.
        case unusableRequest
        /// The name of the host, or of the proxy, has no address.
        case unresolved
        /// No connection: it was refused, there is no route, the proxy refuses, or anything else failed before the
        /// request was sent.
        case notConnected
        /// No TLS connection, or a certificate that is not trusted.
        case insecure
        /// ``HTTPLimits/connect`` or, before the request was sent, ``HTTPLimits/stall`` passed.
        case connectTimeout
        /// The connection ended before the answer did, or what came was not HTTP.
        case connectionLost
        /// No byte was transferred for ``HTTPLimits/stall``.
        case stalled
        /// The exchange took longer than ``HTTPLimits/total``.
        case timeout
        /// The answer's head has more than `limit` bytes.
        case headTooLarge(limit: Int)
        /// The answer's body has more than `limit` bytes.
        case bodyTooLarge(limit: Int)
        /// The caller's task was cancelled, or the caller released the stream.
        case cancelled
        /// The transport was closed, before or during the request, or its thread could not be started.
        case transportClosed
    }

    /// The kind of failure.
    public let kind: Kind
    /// Whether the server may have acted on the request; where this is `false`, it has certainly not.
    public let mayHaveReachedServer: Bool
    /// One clause without a capital or a full stop, and without any part of a proxy's address.
    public let message: String

    /// The message.
    public var description: String { message }

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - kind: what went wrong.
    ///   - mayHaveReachedServer: whether the server may have acted on the request.
    ///   - message: one clause, without a header's value, a body, a URL's query or a proxy's address.
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
