internal import ConvoHTTP
internal import ConvoModel

/// Reads the events of one stream from its bytes.
struct EventReader {
    /// How long the end of the body is waited for after `conversation.response.done`.
    static let lingerLimit = Duration.seconds(2)

    private var chunks: HTTPBody.Iterator
    private var decoder = SSEDecoder()
    private let correlationID: String?
    /// The answer is whole.
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

    /// Waits for the body's end: a server may still be writing the answer down when it says that it is done, and may
    /// take a connection that is closed on it for a reason to stop. What comes until then is of no interest.
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
            // Proxies send pings of their own kind; only what claims to be the API's has to look like it.
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
                serverCode: String(code))
        }
        return event
    }

    /// The request has reached the server: what came of it, only the history knows.
    private func failure(_ kind: APIError.Kind, _ message: String, serverCode: String? = nil) -> APIError {
        APIError(
            kind, effect: .unknown, message: message.printable ?? "", serverCode: serverCode,
            correlationID: correlationID)
    }
}
