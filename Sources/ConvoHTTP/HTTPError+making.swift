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
