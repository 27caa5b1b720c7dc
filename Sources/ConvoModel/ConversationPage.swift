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
