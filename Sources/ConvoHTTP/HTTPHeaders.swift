/// Header fields in the order in which they were given; names are compared without case.
///
/// Values may hold a key, so nothing that prints this type shows them.
public struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    public struct Field: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public private(set) var fields: [Field] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The first field of that name. Setting it replaces all of that name; `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { HTTPHeaders.same($0.name, name) }?.value }
        set {
            fields.removeAll { HTTPHeaders.same($0.name, name) }
            if let newValue { append(name, newValue) }
        }
    }

    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomReflectable {
    public var description: String { "HTTPHeaders(" + fields.map(\.name).joined(separator: ", ") + ")" }
    public var customMirror: Mirror { Mirror(self, children: [("names", fields.map(\.name))]) }
}

extension HTTPHeaders.Field: CustomStringConvertible, CustomReflectable {
    public var description: String { name }
    public var customMirror: Mirror { Mirror(self, children: [("name", name)]) }

    /// Whether it can stand in a request without becoming two fields or part of the body.
    var isUsable: Bool {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        return isToken && value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}
