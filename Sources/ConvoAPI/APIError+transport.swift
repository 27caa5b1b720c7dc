internal import ConvoHTTP

extension APIError {
    /// - Parameter isWrite: whether the request may change anything on the server.
    init(_ error: HTTPError, isWrite: Bool) {
        self.init(
            APIError.kind(of: error), effect: isWrite && error.mayHaveReachedServer ? .unknown : .none,
            message: error.message.printable ?? "")
    }

    private static func kind(of error: HTTPError) -> Kind {
        switch error.kind {
        case .unusableRequest: .unusableRequest
        case .cancelled, .transportClosed: .cancelled
        case .headTooLarge(let limit), .bodyTooLarge(let limit): .answerTooLarge(limit: limit)
        case .unresolved, .notConnected, .connectTimeout: .unreachable
        case .insecure: .insecure
        case .connectionLost, .stalled, .timeout: error.mayHaveReachedServer ? .answerLost : .unreachable
        }
    }
}
