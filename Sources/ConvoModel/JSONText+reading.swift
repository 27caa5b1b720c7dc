extension JSONText {
    public enum Kind: Sendable { case object, array, string, number, bool, null }

    public var kind: Kind {
        switch text.utf8.first {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    public var isNull: Bool { kind == .null }

    /// The member of that name, `nil` where this is no object or has no such member. The first of two wins.
    public subscript(key: String) -> JSONText? {
        guard kind == .object else { return nil }
        var cursor = JSONCursor(text)
        cursor.enter()
        while let name = cursor.nextKey() {
            let value = cursor.nextValue()
            if JSONCursor.matches(name, key) { return JSONText(trusted: String(value)) }
        }
        return nil
    }

    /// The object's members in their order; empty where this is no object.
    public var members: [(key: String, value: JSONText)] {
        guard kind == .object else { return [] }
        var members: [(key: String, value: JSONText)] = []
        var cursor = JSONCursor(text)
        cursor.enter()
        while let name = cursor.nextKey() {
            members.append((JSONCursor.unescape(name), JSONText(trusted: String(cursor.nextValue()))))
        }
        return members
    }

    /// The array's elements in their order; empty where this is no array.
    public var elements: [JSONText] {
        guard kind == .array else { return [] }
        var elements: [JSONText] = []
        var cursor = JSONCursor(text)
        cursor.enter()
        while let value = cursor.nextElement() { elements.append(JSONText(trusted: String(value))) }
        return elements
    }

    /// The string's characters, escapes resolved; a lone surrogate becomes U+FFFD. `nil` where this is no string.
    public var string: String? {
        kind == .string ? JSONCursor.unescape(text[...]) : nil
    }

    /// `nil` where this is no integer, or not one of 64 bits.
    public var int: Int? { kind == .number ? Int(text) : nil }
    public var double: Double? { kind == .number ? Double(text) : nil }
    public var bool: Bool? { kind == .bool ? text == "true" : nil }
}
