/// A conversation as the server describes it (`ModelConversation` or `AgentConversation`).
///
/// There is no discriminator: ``model`` is there for the one and ``agentID`` for the other.
public struct Conversation: Hashable, Sendable {
    public let id: RemoteID
    public let createdAt: Timestamp
    /// Moves when entries are appended; not when the first answer completes.
    public let updatedAt: Timestamp
    /// The server's object, unknown fields included.
    public let raw: JSONText

    /// - Throws: ``ModelError`` if the object lacks its id or times.
    public init(raw: JSONText) throws(ModelError) {
        id = RemoteID(try raw.required("id", in: "conversation"))
        createdAt = try raw.requiredTimestamp("created_at", in: "conversation")
        updatedAt = try raw.requiredTimestamp("updated_at", in: "conversation")
        self.raw = raw
    }

    public var name: String? { raw["name"]?.string }
    public var details: String? { raw["description"]?.string }
    public var model: String? { raw["model"]?.string }
    public var agentID: String? { raw["agent_id"]?.string }
    public var metadata: JSONText? { raw["metadata"] }
}
