public import ConvoHTTP
internal import ConvoModel

/// The events of a streamed answer as they come. It can be iterated once, and ends after
/// `conversation.response.done`.
///
/// A reader that is slow slows the server down; one that stops early ends the request. What was received until an
/// error can be kept with a ``ResponseAccumulator``.
public struct ConversationEventStream: AsyncSequence, Sendable {
    public typealias Element = ConversationEvent
    public typealias Failure = APIError

    private enum Source: Sendable {
        case body(HTTPBody, correlationID: String?)
        case ready([ConversationEvent], APIError?)
    }

    private let source: Source

    /// Reads the events from the body of a `text/event-stream`.
    public init(_ body: HTTPBody, correlationID: String? = nil) {
        source = .body(body, correlationID: correlationID)
    }

    /// A stream of events that are already here; an error given is thrown after them.
    public init(_ events: [ConversationEvent], error: APIError? = nil) {
        source = .ready(events, error)
    }

    public func makeAsyncIterator() -> Iterator {
        switch source {
        case .body(let body, let correlationID):
            Iterator(EventReader(chunks: body.makeAsyncIterator(), correlationID: correlationID))
        case .ready(let events, let error): Iterator(events[...], error)
        }
    }

    public struct Iterator: AsyncIteratorProtocol {
        private var reader: EventReader?
        private var ready: ArraySlice<ConversationEvent>
        private var error: APIError?

        fileprivate init(_ reader: EventReader) {
            self.reader = reader
            ready = []
        }

        fileprivate init(_ events: ArraySlice<ConversationEvent>, _ error: APIError?) {
            ready = events
            self.error = error
        }

        /// - Throws: ``APIError`` of kind `streamError` if the server reports one, `truncatedStream` if the stream ends
        ///   without saying that it is done, and as every operation does.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(APIError)
            -> ConversationEvent?
        {
            if let event = ready.popFirst() { return event }
            if let error {
                self.error = nil
                throw error
            }
            return try await fromReader()
        }

        public mutating func next() async throws(APIError) -> ConversationEvent? {
            try await next(isolation: #isolation)
        }

        private mutating func fromReader() async throws(APIError) -> ConversationEvent? {
            guard var reader else { return nil }
            self.reader = nil  // Gone, and the connection with it, unless the stream goes on.
            if reader.isDone {
                await reader.linger()
                return nil
            }
            let event = try await reader.next()
            self.reader = reader
            return event
        }
    }
}
