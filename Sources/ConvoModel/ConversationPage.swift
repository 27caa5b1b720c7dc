/// One page of the list.
public struct ConversationPage: Hashable, Sendable {
    /// Newest first by creation.
    public let conversations: [Conversation]
    /// Elements that cannot be taken in.
    public let oddItems: [OddItem]

    public init(_ conversations: [Conversation], oddItems: [OddItem] = []) {
        self.conversations = conversations
        self.oddItems = oddItems
    }

    /// - Throws: ``ModelError`` if this is not an array. An element that cannot be read is an odd item, not an error.
    public init(raw: JSONText) throws(ModelError) {
        guard raw.kind == .array else { throw .unexpected(expected: "an array", in: "list") }
        self.init(elements: raw.elements)
    }

    /// The same of the array's elements.
    public init(elements: [JSONText]) {
        var conversations: [Conversation] = []
        var oddItems: [OddItem] = []
        for (position, element) in elements.enumerated() {
            do throws(ModelError) {
                conversations.append(try Conversation(raw: element))
            } catch {
                oddItems.append(OddItem(position: position, raw: element, reason: "\(error)"))
            }
        }
        self.init(conversations, oddItems: oddItems)
    }

    /// How many elements the page has, odd ones included.
    public var count: Int { conversations.count + oddItems.count }
}
