public import ConvoJSON

/// A conversation as the server describes it (`ModelConversation` or `AgentConversation`).
///
/// The API has no discriminator: the one has a ``model``, the other an ``agentID``. Only the id is indispensable:
/// a conversation whose times are missing or malformed is still mirrored.
public struct Conversation: Hashable, Sendable {
    /// The conversation's `id`, never empty.
    public let id: RemoteID
    /// The server's `created_at`.
    ///
    /// Where that cannot be read, it is ``updatedAt``; where neither can, 1970.
    public let createdAt: Timestamp
    /// The server's `updated_at`, which moves when entries are appended, and not when the first answer completes.
    ///
    /// Where that cannot be read, it is ``createdAt``; where neither can, 1970.
    public let updatedAt: Timestamp
    /// The text of `updated_at` as it came, or that of the JSON value in its place; empty where the member is missing.
    ///
    /// A conversation has changed where this differs, whether or not it can be read as a time.
    public let version: String
    /// The server's object, unknown fields included.
    public let raw: JSONText

    /// Reads a conversation from the server's object.
    ///
    /// - Throws: ``ModelError`` if this is not an object whose `id` is a string, not empty and without U+0000.
    public init(raw: JSONText) throws(ModelError) {
        id = RemoteID(try raw.required("id", in: "conversation"))
        let updated = raw["updated_at"]
        let read = updated.flatMap { Timestamp(lenient: $0) }
        let created = raw["created_at"].flatMap { Timestamp(lenient: $0) }
        createdAt = created ?? read ?? Timestamp(microseconds: 0)
        updatedAt = read ?? created ?? Timestamp(microseconds: 0)
        version = updated.map { $0.string ?? $0.text } ?? ""
        self.raw = raw
    }

    /// Reads a conversation from the body of an answer.
    ///
    /// - Throws: ``ModelError`` if it has no usable `id`, or is nested deeper than ``ConvoJSON/JSONText/depthLimit``.
    package init(_ answer: JSONAnswer) throws(ModelError) {
        guard let raw = answer.kept else { throw .unexpected(expected: "shallow enough to keep", in: "conversation") }
        try self.init(raw: raw)
    }

    /// The server's `name`; `nil` where it is missing or not a string.
    public var name: String? { raw["name"]?.string }
    /// The server's `description`; `nil` where it is missing or not a string.
    public var description: String? { raw["description"]?.string }
    /// The `model` that answers; `nil` in an agent's conversation.
    public var model: String? { raw["model"]?.string }
    /// The `agent_id` of the agent that answers; `nil` in a model's conversation.
    public var agentID: String? { raw["agent_id"]?.string }
    /// The server's `metadata`, an object where it is set; `nil` where the member is missing.
    public var metadata: JSONText? { raw["metadata"] }
}

/// One page of the list of conversations.
public struct ConversationPage: Hashable, Sendable {
    /// The conversations that could be read, in the server's order: newest first by creation.
    public let conversations: [Conversation]
    /// The elements that were left out or changed, in their order.
    public let oddItems: [OddItem]

    /// Creates a page from conversations that were already read.
    ///
    /// - Parameters:
    ///   - conversations: in the order of the list.
    ///   - oddItems: the elements of the list that were left out or changed.
    package init(_ conversations: [Conversation], oddItems: [OddItem] = []) {
        self.conversations = conversations
        self.oddItems = oddItems
    }

    /// Reads a page from the body of an answer.
    ///
    /// An element that cannot be read becomes an odd item.
    ///
    /// - Throws: ``ModelError`` if the body is not an array.
    package init(_ answer: JSONAnswer) throws(ModelError) {
        guard let elements = answer.elements(of: nil) else { throw .unexpected(expected: "an array", in: "list") }
        self.init(elements)
    }

    /// Reads a page from a JSON value.
    ///
    /// - Throws: ``ModelError`` if it is not an array.
    package init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }

    /// Reads a page from the elements of its array; one that cannot be read becomes an odd item.
    package init(elements: [JSONText]) {
        self.init(
            elements.enumerated().map {
                JSONAnswer.Element(position: $0, value: $1, isTooDeep: false, isRepaired: false)
            })
    }

    private init(_ elements: [JSONAnswer.Element]) {
        var conversations: [Conversation] = []
        var oddItems: [OddItem] = []
        for element in elements {
            if element.isTooDeep {
                if let oddItem = element.oddItem { oddItems.append(oddItem) }
                continue
            }
            do throws(ModelError) {
                conversations.append(try Conversation(raw: element.value))
                if let oddItem = element.oddItem { oddItems.append(oddItem) }
            } catch {
                oddItems.append(
                    OddItem(position: element.position, of: element.value, reason: "\(error)", raw: element.value))
            }
        }
        self.init(conversations, oddItems: oddItems)
    }

    /// The number of elements that ``conversations`` does not hold.
    package var lostCount: Int { oddItems.count { !$0.isTakenIn } }

    /// The number of elements in the server's page, those left out included.
    package var count: Int { conversations.count + lostCount }
}
