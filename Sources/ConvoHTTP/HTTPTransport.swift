/// Bytes out, bytes in. One small protocol, so that an in-process transport can stand in for libcurl.
///
/// Cancelling the task that waits ends the transfer at once and frees its connection.
public protocol HTTPTransport: Sendable {
    /// Sends a request and reads the whole answer. An HTTP status of any kind is an answer, not an error.
    ///
    /// - Throws: ``HTTPError`` if no whole answer came, or it was larger than the request's limit.
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse

    /// Sends a request and returns as soon as the answer's head is there; the body follows as it comes. A reader
    /// that is slow slows the sender down: what is not yet read is bounded.
    ///
    /// - Throws: ``HTTPError`` if no head came. Errors after it are thrown by the body's iterator.
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream
}
