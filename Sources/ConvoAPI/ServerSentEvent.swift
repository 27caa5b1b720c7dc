/// One event of a `text/event-stream`.
public struct ServerSentEvent: Hashable, Sendable {
    /// `message` where the stream names none.
    public let type: String
    /// The `data` lines, with a line feed between each two.
    public let data: String

    public init(type: String = "message", data: String) {
        self.type = type
        self.data = data
    }
}
