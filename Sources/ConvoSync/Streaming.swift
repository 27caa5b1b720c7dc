public import ConvoAPI
public import ConvoModel

/// One write whose answer is asked for as a stream, and what is done with each event as it comes.
public struct Streaming: Sendable {
    public let operation: OperationID
    /// Called in the events' order. While it runs, the server is kept waiting.
    public let observe: @Sendable (ConversationEvent) async -> Void

    public init(_ operation: OperationID, observe: @escaping @Sendable (ConversationEvent) async -> Void) {
        self.operation = operation
        self.observe = observe
    }
}
