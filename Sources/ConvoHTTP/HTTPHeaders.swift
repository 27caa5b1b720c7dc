/// Header fields in the order in which they were given; names are compared without case.
///
/// Values may hold a key, so whatever prints this type shows the names only.
public struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One header field.
    public struct Field: Hashable, Sendable {
        /// The field's name, in the case in which it was given.
        public let name: String
        /// The field's value, which may be secret.
        public let value: String
    }

    /// All fields in their order; several may have the same name.
    public private(set) var fields: [Field] = []

    /// Creates headers without fields.
    public init() {}

    /// Creates headers from names and values; a name may occur several times.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The value of the first field of that name; `nil` where there is none.
    ///
    /// Setting it removes all fields of that name, and adds one at the end unless the new value is `nil`.
    public subscript(name: String) -> String? {
        get { fields.first { HTTPHeaders.same($0.name, name) }?.value }
        set {
            fields.removeAll { HTTPHeaders.same($0.name, name) }
            if let newValue { append(name, newValue) }
        }
    }

    /// Adds a field at the end, and keeps those of the same name.
    ///
    /// - Parameters:
    ///   - name: the field's name; libcurl's transport refuses one with spaces, colons or characters outside ASCII.
    ///   - value: the field's value; libcurl's transport refuses one with control characters other than tabs.
    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    private static func same(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomReflectable {
    /// The names of the fields, without their values.
    public var description: String { "HTTPHeaders(" + fields.map(\.name).joined(separator: ", ") + ")" }
    /// The names of the fields, so that a dump shows no values.
    public var customMirror: Mirror { Mirror(self, children: [("names", fields.map(\.name))]) }
}

extension HTTPHeaders.Field: CustomStringConvertible, CustomReflectable {
    /// The field's name, without its value.
    public var description: String { name }
    /// The field's name, so that a dump shows no value.
    public var customMirror: Mirror { Mirror(self, children: [("name", name)]) }

    /// Whether the field can stand in a request without becoming two fields or part of the body.
    var isUsable: Bool {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        return isToken && value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }
}
