/// What start, append and restart answer: the new outputs only. The inputs and their ids show up in the history.
public struct ConversationResponse: Hashable, Sendable {
    public let conversationID: RemoteID
    public let outputs: [Entry]
    public let raw: JSONText

    /// - Throws: ``ModelError`` if `conversation_id` or `outputs` is missing.
    public init(raw: JSONText) throws(ModelError) {
        conversationID = RemoteID(try raw.required("conversation_id", in: "response"))
        outputs = try raw.requiredEntries("outputs", in: "response")
        self.raw = raw
    }

    public var usage: JSONText? { raw["usage"] }
}

/// All entries of a conversation, in the order in which they were appended. The API has no paging for it.
public struct ConversationHistory: Hashable, Sendable {
    public let conversationID: RemoteID
    public let entries: [Entry]
    /// Entries that cannot be taken in.
    public let oddItems: [OddItem]
    public let raw: JSONText

    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing. An entry that cannot be read is an odd item.
    public init(raw: JSONText) throws(ModelError) {
        conversationID = RemoteID(try raw.required("conversation_id", in: "history"))
        (entries, oddItems) = try raw.readableEntries("entries", in: "history")
        self.raw = raw
    }
}

/// The history without anything but messages.
public struct ConversationMessages: Hashable, Sendable {
    public let conversationID: RemoteID
    public let messages: [Entry]
    public let raw: JSONText

    /// - Throws: ``ModelError`` if `conversation_id` or `messages` is missing.
    public init(raw: JSONText) throws(ModelError) {
        conversationID = RemoteID(try raw.required("conversation_id", in: "messages"))
        messages = try raw.requiredEntries("messages", in: "messages")
        self.raw = raw
    }
}
