/// A conversation as the server describes it (`ModelConversation` or `AgentConversation`).
///
/// There is no discriminator: ``model`` is there for the one and ``agentID`` for the other. Only the id is indispensable: a
/// server whose times are missing, or are not written as promised, spoils no mirror.
public struct Conversation: Hashable, Sendable {
    public let id: RemoteID
    /// Where the server's cannot be read: ``updatedAt``; where neither can, 1970.
    public let createdAt: Timestamp
    /// Moves when entries are appended; not when the first answer completes.
    ///
    /// Where the server's cannot be read: ``createdAt``; where neither can, 1970.
    public let updatedAt: Timestamp
    /// The text of `updated_at` as it came, or of the JSON value that stands there; empty where there is none.
    ///
    /// A conversation has changed where this differs, whether or not it can be read as a time.
    public let version: String
    /// The server's object, unknown fields included.
    public let raw: JSONText

    /// - Throws: ``ModelError`` if this is no object with an `id` that is a string.
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

    /// - Throws: ``ModelError``, also if the object is nested deeper than ``JSONText/depthLimit``.
    public init(_ answer: JSONAnswer) throws(ModelError) {
        guard let raw = answer.kept else { throw .unexpected(expected: "shallow enough to keep", in: "conversation") }
        try self.init(raw: raw)
    }

    public var name: String? { raw["name"]?.string }
    public var description: String? { raw["description"]?.string }
    public var model: String? { raw["model"]?.string }
    public var agentID: String? { raw["agent_id"]?.string }
    public var metadata: JSONText? { raw["metadata"] }
}

/// One page of the list.
public struct ConversationPage: Hashable, Sendable {
    /// Newest first by creation.
    public let conversations: [Conversation]
    /// Elements that are not as they should be.
    public let oddItems: [OddItem]

    public init(_ conversations: [Conversation], oddItems: [OddItem] = []) {
        self.conversations = conversations
        self.oddItems = oddItems
    }

    /// - Throws: ``ModelError`` if this is not an array. An element that cannot be read is an odd item, not an error.
    public init(_ answer: JSONAnswer) throws(ModelError) {
        guard let elements = answer.elements(of: nil) else { throw .unexpected(expected: "an array", in: "list") }
        self.init(elements)
    }

    public init(raw: JSONText) throws(ModelError) { try self.init(JSONAnswer(raw)) }

    /// The same of the array's elements.
    public init(elements: [JSONText]) {
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

    /// How many elements could not be taken in.
    public var lostCount: Int { oddItems.count { !$0.isTakenIn } }

    /// How many elements the page has, odd ones included.
    public var count: Int { conversations.count + lostCount }
}
