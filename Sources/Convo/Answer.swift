public import ConvoAPI
public import ConvoModel
public import ConvoStore
import ConvoSync

/// A write, and the model's answer to it as it comes.
///
/// The write is on its way to the disk when this is made, behind those that were made before, and has arrived there when
/// ``write`` returns. It is delivered whether or not anybody reads the events: a reader that stops, or whose task is
/// cancelled, takes nothing back. Without a network, or if another process sends the write, there are no events; what becomes
/// of the write is seen in ``outcome``.
public struct Answer: AsyncSequence, Sendable {
    /// An event of the API's stream.
    public typealias Element = ConversationEvent
    /// Why the write was not accepted, or the database could not be used.
    public typealias Failure = ConvoError

    private let queueing: Task<Result<QueuedWrite, ConvoError>, Never>
    private let delivery: Task<Result<OutboxItem, ConvoError>, Never>
    private let events: AsyncStream<ConversationEvent>

    /// - Parameters:
    ///   - convo: the database.
    ///   - isStreamed: whether the answer is asked for as a stream.
    ///   - queue: queues the write.
    init(
        _ convo: Convo, isStreamed: Bool, _ queue: @escaping @Sendable (Store) throws(StoreError) -> QueuedWrite
    ) {
        let queueing = convo.beginWriting(queue)
        let (events, continuation) = AsyncStream.makeStream(of: ConversationEvent.self)
        delivery = Task {
            defer { continuation.finish() }
            do throws(ConvoError) {
                let write = try await queueing.value.get()
                let streaming = isStreamed ? Streaming(write.operation) { continuation.yield($0) } : nil
                do throws(StoreError) {
                    return .success(try await convo.engine.deliver(write.operation, streaming: streaming))
                } catch { throw .store(error) }
            } catch {
                return .failure(error)
            }
        }
        self.queueing = queueing
        self.events = events
    }

    /// The write's id and state, and its conversation's id here, as soon as the disk has it.
    public var write: QueuedWrite {
        get async throws(ConvoError) { try await queueing.value.get() }
    }

    /// The write when the answer has ended: delivered, refused, held or cancelled; still queued or in doubt if the server
    /// cannot be reached or its answer was lost.
    public var outcome: OutboxItem {
        get async throws(ConvoError) { try await delivery.value.get() }
    }

    /// Begins with the answer's first event that nobody has read.
    public func makeAsyncIterator() -> Iterator { Iterator(delivery: delivery, events: events.makeAsyncIterator()) }

    /// Reads the events one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let delivery: Task<Result<OutboxItem, ConvoError>, Never>
        fileprivate var events: AsyncStream<ConversationEvent>.Iterator

        /// Waits for the next event.
        ///
        /// - Parameter actor: the caller's actor.
        /// - Returns: the event; `nil` at the answer's end, and if the task is cancelled.
        /// - Throws: ``ConvoError`` if the write was not accepted, or the database cannot be used.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(ConvoError) -> ConversationEvent? {
            if let event = await events.next(isolation: actor) { return event }
            if !Task.isCancelled { _ = try await delivery.value.get() }
            return nil
        }

        /// Waits for the next event, as ``next(isolation:)`` does.
        ///
        /// - Returns: the event; `nil` at the end.
        /// - Throws: as ``next(isolation:)``.
        public mutating func next() async throws(ConvoError) -> ConversationEvent? { try await next(isolation: nil) }
    }
}

extension Convo {
    /// Begins a conversation with a message, and delivers it at once.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - model: the model that answers; either this or an agent.
    ///   - agent: the id of the agent that answers.
    ///   - streaming: whether the answer is read while it is written.
    /// - Returns: the write and its answer.
    public func start(
        _ text: String, model: String? = nil, agent: String? = nil, streaming: Bool
    ) -> Answer {
        start(StartRequest(text, model: model, agent: agent, name: nil), streaming: streaming)
    }

    /// Begins a conversation, and delivers it at once.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request.
    ///   - streaming: whether the answer is read while it is written.
    /// - Returns: the write and its answer.
    public func start(_ request: StartRequest, streaming: Bool) -> Answer {
        Answer(self, isStreamed: streaming) { store throws(StoreError) in try store.start(request) }
    }

    /// Appends a message to a conversation, and delivers it at once.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - id: the conversation.
    ///   - streaming: whether the answer is read while it is written.
    /// - Returns: the write and its answer.
    public func append(_ text: String, to id: LocalID, streaming: Bool) -> Answer {
        append(AppendRequest(inputs: .text(text)), to: id, streaming: streaming)
    }

    /// Appends entries to a conversation, and delivers them at once.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request.
    ///   - id: the conversation.
    ///   - streaming: whether the answer is read while it is written.
    /// - Returns: the write and its answer.
    public func append(_ request: AppendRequest, to id: LocalID, streaming: Bool) -> Answer {
        Answer(self, isStreamed: streaming) { store throws(StoreError) in try store.append(request, to: id) }
    }

    /// Makes a branch with a message, and delivers it at once.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - id: the conversation to branch from.
    ///   - entry: the last entry that the branch has of it.
    ///   - streaming: whether the answer is read while it is written.
    /// - Returns: the write and its answer.
    public func restart(_ text: String, of id: LocalID, from entry: EntryID, streaming: Bool) -> Answer {
        let request = RestartRequest(from: entry, inputs: .text(text))
        return Answer(self, isStreamed: streaming) { store throws(StoreError) in try store.restart(request, of: id) }
    }
}
