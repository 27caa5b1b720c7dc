public import ConvoJSON

/// The response to a start, append or restart, which holds the new outputs only.
///
/// The inputs and their ids are in the conversation's history.
public struct ConversationResponse: Hashable, Sendable {
    /// The response's `conversation_id`.
    public let conversationID: RemoteID
    /// The elements of `outputs` in their order, without those nested too deep to keep.
    public let outputs: [Entry]
    /// The elements of `outputs` that were left out or changed.
    public let oddItems: [OddItem]
    /// The server's object, unknown fields included, without the outputs that are nested too deep to keep.
    public let raw: JSONText

    /// Reads the response from the body of an answer.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `outputs` is missing, or if anything but an output is nested
    ///   deeper than ``ConvoJSON/JSONText/depthLimit``.
    package init(_ answer: JSONAnswer) throws(ModelError) {
        conversationID = RemoteID(try answer.value.required("conversation_id", in: "response"))
        (outputs, oddItems) = try answer.entries("outputs", in: "response")
        guard let raw = answer.kept("outputs") else {
            throw .unexpected(expected: "shallow enough to keep", in: "response")
        }
        self.raw = raw
    }

    /// Reads the response from a JSON value.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `outputs` is missing.
    package init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }

    /// The response's `usage`, which counts the tokens; `nil` where it is missing.
    public var usage: JSONText? { raw["usage"] }
}

/// All entries of a conversation, in the order in which they were appended.
///
/// The API has no paging for them.
public struct ConversationHistory: Hashable, Sendable {
    /// The history's `conversation_id`.
    public let conversationID: RemoteID
    /// The elements of `entries` in their order, without those nested too deep to keep.
    public let entries: HistoryEntries
    /// The elements of `entries` that were left out or changed.
    public let oddItems: [OddItem]

    /// Reads the history from the body of an answer.
    ///
    /// An entry that cannot be kept as it is becomes an odd item.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing.
    package init(_ answer: JSONAnswer) throws(ModelError) {
        let (entries, oddItems) = try answer.entries("entries", in: "history")
        try self.init(answer, entries: HistoryEntries(entries), oddItems: oddItems)
    }

    /// Makes a history whose entries were read before.
    ///
    /// - Parameters:
    ///   - frame: the body of the answer, with or without its entries.
    ///   - entries: the entries.
    ///   - oddItems: the elements that were left out or changed.
    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing.
    package init(_ frame: JSONAnswer, entries: HistoryEntries, oddItems: [OddItem]) throws(ModelError) {
        conversationID = RemoteID(try frame.value.required("conversation_id", in: "history"))
        guard frame.value.kind(of: "entries") == .array else { throw .missing(field: "entries", in: "history") }
        self.entries = entries
        self.oddItems = oddItems
    }

    /// Reads the history from a JSON value.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing.
    package init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }
}

/// The messages of a conversation: its history without entries of other types.
public struct ConversationMessages: Hashable, Sendable {
    /// The answer's `conversation_id`.
    public let conversationID: RemoteID
    /// The elements of `messages` in their order, without those nested too deep to keep.
    public let messages: [Entry]
    /// The elements of `messages` that were left out or changed.
    public let oddItems: [OddItem]

    /// Reads the messages from the body of an answer.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `messages` is missing.
    package init(_ answer: JSONAnswer) throws(ModelError) {
        conversationID = RemoteID(try answer.value.required("conversation_id", in: "messages"))
        (messages, oddItems) = try answer.entries("messages", in: "messages")
    }

    /// Reads the messages from a JSON value.
    ///
    /// - Throws: ``ModelError`` if `conversation_id` or `messages` is missing.
    package init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }
}
