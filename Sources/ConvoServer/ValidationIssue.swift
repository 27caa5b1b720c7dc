public import ConvoModel

/// One thing that is wrong with a request's form, worded the way pydantic words it.
public struct ValidationIssue: Hashable, Sendable {
    /// A step on the way from the request to the wrong value.
    public enum Step: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case name(String)
        case index(Int)

        public init(stringLiteral value: String) { self = .name(value) }
        public init(integerLiteral value: Int) { self = .index(value) }

        fileprivate var json: JSONText {
            switch self {
            case .name(let name): .string(name)
            case .index(let index): .int(index)
            }
        }
    }

    public let type: String
    public let location: [Step]
    public let message: String
    public let input: JSONText
    public let context: JSONText?

    public init(_ type: String, at location: [Step], _ message: String, input: JSONText, context: JSONText? = nil) {
        self.type = type
        self.location = location
        self.message = message
        self.input = input
        self.context = context
    }

    public var json: JSONText {
        .object([
            "type": .string(type), "loc": .array(location.map(\.json)), "msg": .string(message), "input": input,
            "ctx": context,
        ])
    }
}
