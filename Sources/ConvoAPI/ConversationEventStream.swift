package import ConvoHTTP
internal import ConvoJSON
internal import ConvoModel

/// The events of a streamed answer as they come.
///
/// It can be iterated once, and ends after `conversation.response.done`.
///
/// A slow reader slows the server down; one that stops early ends the request. A ``ResponseAccumulator`` keeps what was
/// received before an error.
public struct ConversationEventStream: AsyncSequence, Sendable {
    /// One event of the answer.
    public typealias Element = ConversationEvent
    /// Why the stream broke off.
    public typealias Failure = APIError

    private enum Source: Sendable {
        case body(HTTPBody, correlationID: String?)
        case ready([ConversationEvent], APIError?)
    }

    private let source: Source

    /// Reads the events from the body of a `text/event-stream`.
    ///
    /// - Parameters:
    ///   - body: the answer's body; nothing is read of it before the iteration.
    ///   - correlationID: the server's id of the exchange, for errors.
    package init(_ body: HTTPBody, correlationID: String? = nil) {
        source = .body(body, correlationID: correlationID)
    }

    /// Creates a stream of events that are already here, for tests.
    ///
    /// - Parameters:
    ///   - events: the events in their order.
    ///   - error: thrown after the last event; `nil` for a stream that ends well.
    package init(_ events: [ConversationEvent], error: APIError? = nil) {
        source = .ready(events, error)
    }

    /// Begins the iteration.
    ///
    /// A stream that reads a body can be iterated once.
    ///
    /// - Returns: the iterator, which holds the connection until it ends.
    public func makeAsyncIterator() -> Iterator {
        switch source {
        case .body(let body, let correlationID):
            Iterator(EventReader(chunks: body.makeAsyncIterator(), correlationID: correlationID))
        case .ready(let events, let error): Iterator(events[...], error)
        }
    }

    /// Receives the events one by one.
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

        /// The next event; waits for the server.
        ///
        /// After `conversation.response.done` this waits up to two seconds for the server to close the body, and
        /// returns `nil`.
        ///
        /// - Parameter actor: the caller's isolation.
        /// - Returns: `nil` after the last event.
        /// - Throws: ``APIError`` of kind `streamError` if the server reports one, of kind `truncatedStream` if the
        ///   stream ends without saying that it is done, of kind `notTheAPI` for an event that cannot be read, and as
        ///   every operation does. After an error the stream has ended.
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

        /// The next event, as ``next(isolation:)``.
        public mutating func next() async throws(APIError) -> ConversationEvent? {
            try await next(isolation: #isolation)
        }

        private mutating func fromReader() async throws(APIError) -> ConversationEvent? {
            guard var reader else { return nil }
            self.reader = nil  // releases the connection, unless the stream goes on
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

/// Reads the events of one stream from its bytes.
struct EventReader {
    /// How long the reader waits for the end of the body after `conversation.response.done`.
    static let lingerLimit = Duration.seconds(2)

    private var chunks: HTTPBody.Iterator
    private var decoder = SSEDecoder()
    private let correlationID: String?
    /// Whether `conversation.response.done` has arrived.
    private(set) var isDone = false

    init(chunks: HTTPBody.Iterator, correlationID: String?) {
        self.chunks = chunks
        self.correlationID = correlationID
    }

    mutating func next() async throws(APIError) -> ConversationEvent {
        while true {
            if let event = try nextDecoded() {
                let event = try read(event)
                if case .responseDone = event.content { isDone = true }
                return event
            }
            decoder.feed(try await nextChunk())
        }
    }

    /// Waits for the body's end, and discards what comes until then: a server may still be storing the answer when it
    /// says that it is done, and may stop when the connection is closed.
    func linger() async {
        let chunks = chunks
        await withTaskGroup { group in
            group.addTask {
                var chunks = chunks
                while let chunk = try? await chunks.next(), !chunk.isEmpty {}
            }
            group.addTask { try? await Task.sleep(for: EventReader.lingerLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    private mutating func nextDecoded() throws(APIError) -> ServerSentEvent? {
        do {
            return try decoder.next()
        } catch {
            switch error {
            case .lineTooLong(let limit), .eventTooLarge(let limit):
                throw failure(.notTheAPI(status: 200), "an event of the server's is larger than \(limit) bytes")
            }
        }
    }

    private mutating func nextChunk() async throws(APIError) -> [UInt8] {
        do {
            if let chunk = try await chunks.next() { return chunk }
        } catch {
            throw APIError(error, isWrite: true)
        }
        throw failure(.truncatedStream, "the server's answer ended in the middle")
    }

    private func read(_ received: ServerSentEvent) throws(APIError) -> ConversationEvent {
        guard let raw = try? JSONText(received.data), raw.kind == .object else {
            // Proxies send pings of their own; an event of any other type must be a JSON object, or have no data.
            guard received.type == "ping" || received.data.isEmpty else {
                throw failure(.notTheAPI(status: 200), "an event of the server's is not a JSON object")
            }
            return ConversationEvent(unknown: received.type, raw: .string(received.data))
        }
        let event: ConversationEvent
        do {
            let isTyped = raw["type"]?.string != nil
            event = try ConversationEvent(raw: isTyped ? raw : raw.setting("type", to: .string(received.type)))
        } catch {
            throw failure(.notTheAPI(status: 200), "an event of the server's cannot be read: \(error)")
        }
        if case .responseError(let message, let code) = event.content {
            throw failure(
                .streamError(code: code), message.printable ?? "the server reports error \(code)",
                serverCode: String(code),
                answer: ErrorAnswer(status: 200, contentType: "text/event-stream", body: Array(event.raw.text.utf8)))
        }
        return event
    }

    /// An error after the request has reached the server: only the history can tell what came of it.
    private func failure(
        _ kind: APIError.Kind, _ message: String, serverCode: String? = nil, answer: ErrorAnswer? = nil
    ) -> APIError {
        APIError(
            kind, effect: .unknown, message: message.printable ?? "", serverCode: serverCode,
            correlationID: correlationID, answer: answer)
    }
}
