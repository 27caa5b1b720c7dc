public import ConvoHTTP

/// How long each kind of operation may take, and how large its answer may be.
public struct APILimits: Hashable, Sendable {
    /// For list, get, get history, get messages and delete.
    public var reading: HTTPLimits
    /// For start, append and restart: the answer comes when the model has written it.
    public var completion: HTTPLimits
    /// For the same three as streams.
    public var streaming: HTTPLimits

    public init(
        reading: HTTPLimits = .reading, completion: HTTPLimits = .completion, streaming: HTTPLimits = .streaming
    ) {
        self.reading = reading
        self.completion = completion
        self.streaming = streaming
    }

    func limits(of call: APIRequest) -> HTTPLimits {
        if call.isStream { return streaming }
        return call.method == .post ? completion : reading
    }
}
