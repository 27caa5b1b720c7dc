/// What start, append and restart answer: the new outputs only. The inputs and their ids show up in the history.
public struct ConversationResponse: Hashable, Sendable {
    public let conversationID: RemoteID
    public let outputs: [Entry]
    /// Outputs that are not as they should be.
    public let oddItems: [OddItem]
    /// The answer as it came, without outputs that are too deep to keep.
    public let raw: JSONText

    /// - Throws: ``ModelError`` if `conversation_id` or `outputs` is missing.
    public init(_ answer: JSONAnswer) throws(ModelError) {
        conversationID = RemoteID(try answer.value.required("conversation_id", in: "response"))
        (outputs, oddItems) = try answer.entries("outputs", in: "response")
        guard let raw = answer.kept("outputs") else {
            throw .unexpected(expected: "shallow enough to keep", in: "response")
        }
        self.raw = raw
    }

    public init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }

    public var usage: JSONText? { raw["usage"] }
}

/// All entries of a conversation, in the order in which they were appended. The API has no paging for it.
public struct ConversationHistory: Hashable, Sendable {
    public let conversationID: RemoteID
    public let entries: [Entry]
    /// Entries that are not as they should be.
    public let oddItems: [OddItem]

    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing. An entry that cannot be read is an odd item.
    public init(_ answer: JSONAnswer) throws(ModelError) {
        conversationID = RemoteID(try answer.value.required("conversation_id", in: "history"))
        (entries, oddItems) = try answer.entries("entries", in: "history")
    }

    public init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }
}

/// The history without anything but messages.
public struct ConversationMessages: Hashable, Sendable {
    public let conversationID: RemoteID
    public let messages: [Entry]
    /// Messages that are not as they should be.
    public let oddItems: [OddItem]

    /// - Throws: ``ModelError`` if `conversation_id` or `messages` is missing.
    public init(_ answer: JSONAnswer) throws(ModelError) {
        conversationID = RemoteID(try answer.value.required("conversation_id", in: "messages"))
        (messages, oddItems) = try answer.entries("messages", in: "messages")
    }

    public init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }
}
