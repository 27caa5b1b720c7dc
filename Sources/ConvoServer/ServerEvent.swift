public import ConvoModel

/// One server-sent event of a streamed answer.
public struct ServerEvent: Hashable, Sendable {
    /// The `event:` line, and `type` in the data: the same word in every recorded stream.
    public let type: String
    public let data: JSONText

    public init(_ type: String, data: JSONText) {
        self.type = type
        self.data = data
    }

    /// As it goes over the wire: LF, one line of data, an empty line; no `id:`, no `retry:`.
    public var framed: String { "event: \(type)\ndata: \(data.text)\n\n" }
}

/// The events of one answer, in order. Ending without `conversation.response.done` is a cut stream; throwing
/// ``ServiceError/connectionReset`` is one that breaks. Dropping the sequence tells the service that the client left.
public typealias ServerEvents = AsyncThrowingStream<ServerEvent, any Error>
