extension JSONText {
    /// The kinds of JSON values.
    public enum Kind: Sendable { case object, array, string, number, bool, null }

    /// The value's kind, told by its first byte.
    public var kind: Kind { JSONText.kind(startingWith: text.utf8.first) }

    /// The kind of the member with that name, found without copying the member, which may be a long history.
    ///
    /// - Returns: `nil` where this is not an object or has no such member.
    package func kind(of key: String) -> Kind? {
        guard kind == .object else { return nil }
        return reading { cursor in cursor.seek(key) ? JSONText.kind(startingWith: cursor.peek()) : nil }
    }

    private static func kind(startingWith byte: UInt8?) -> Kind {
        switch byte {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// Whether this is JSON's `null`.
    public var isNull: Bool { kind == .null }

    /// The member of that name; `nil` where this is not an object or has no such member.
    ///
    /// If several members have the name, the first one counts.
    public subscript(key: String) -> JSONText? {
        guard kind == .object else { return nil }
        return reading { cursor in cursor.seek(key) ? JSONText(trusted: cursor.text(cursor.nextValue())) : nil }
    }

    /// The characters of the member of that name; `nil` where this is not an object, has no such member, or that is not a
    /// string.
    ///
    /// The same as `self[key]?.string`, without a copy in between.
    package func string(of key: String) -> String? {
        guard kind == .object else { return nil }
        return reading { cursor in
            guard cursor.seek(key), cursor.peek() == UInt8(ascii: "\"") else { return nil }
            return cursor.unescape(cursor.nextValue())
        }
    }

    /// The object's members in their order, their names without escapes; empty where this is not an object.
    public var members: [(key: String, value: JSONText)] {
        guard kind == .object else { return [] }
        return reading { cursor in
            var members: [(key: String, value: JSONText)] = []
            cursor.enter()
            while let name = cursor.nextKey() {
                let value = cursor.nextValue()
                members.append((cursor.unescape(name), JSONText(trusted: cursor.text(value))))
            }
            return members
        }
    }

    /// The array's elements in their order; empty where this is not an array.
    public var elements: [JSONText] {
        guard kind == .array else { return [] }
        return reading { cursor in
            var elements: [JSONText] = []
            cursor.enter()
            while let value = cursor.nextElement() { elements.append(JSONText(trusted: cursor.text(value))) }
            return elements
        }
    }

    /// The string's characters, escapes resolved; `nil` where this is not a string.
    ///
    /// A lone surrogate becomes U+FFFD.
    public var string: String? {
        guard kind == .string else { return nil }
        return reading { cursor in cursor.unescape(0..<cursor.bytes.count) }
    }

    /// The number of levels of arrays and objects; 0 for any other value.
    package var depth: Int {
        reading { cursor in
            var (depth, deepest) = (0, 0)
            while let byte = cursor.peek() {
                switch byte {
                case UInt8(ascii: "\""): _ = cursor.nextValue()
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    deepest = max(deepest, depth)
                    cursor.enter()
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    cursor.enter()
                default: cursor.enter()
                }
            }
            return deepest
        }
    }

    /// All strings at any depth in their order, without the names of members.
    ///
    /// Walks the bytes once: whole histories are read this way when they are indexed.
    ///
    /// - Parameter silent: names of members whose values are skipped.
    /// - Returns: the strings' characters, escapes resolved.
    package func strings(exceptIn silent: Set<String>) -> [String] {
        reading { cursor in
            var strings: [String] = []
            // The open containers, `true` for an object. Valid text closes each of them.
            var open: [Bool] = []
            while let byte = cursor.peek() {
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    open.append(byte == UInt8(ascii: "{"))
                    cursor.enter()
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    _ = open.popLast()
                    cursor.enter()
                case UInt8(ascii: "\""):
                    let value = cursor.nextValue()
                    strings.append(cursor.unescape(value))
                default: if cursor.nextValue().isEmpty { return strings }
                }
                cursor.skipComma()
                while open.last == true, cursor.peek() == UInt8(ascii: "\""), let name = cursor.nextKey() {
                    guard silent.contains(cursor.unescape(name)) else { break }
                    _ = cursor.nextValue()
                    cursor.skipComma()
                }
            }
            return strings
        }
    }

    /// The integer; `nil` where this is not a number, has a fraction or an exponent, or does not fit 64 bits.
    public var int: Int? { kind == .number ? Int(text) : nil }
    /// The number, rounded to the nearest double, or infinite where it is too large; `nil` where this is not a number.
    public var double: Double? { kind == .number ? Double(text) : nil }
    /// The truth value; `nil` where this is neither `true` nor `false`.
    public var bool: Bool? { kind == .bool ? text == "true" : nil }

    /// Runs work on a cursor over the string's own bytes where they are contiguous, as in native Swift strings, or over
    /// a copy of them.
    private func reading<Value>(_ work: (inout JSONCursor) -> Value) -> Value {
        func run(_ bytes: UnsafeBufferPointer<UInt8>) -> Value {
            var cursor = JSONCursor(bytes)
            return work(&cursor)
        }
        return text.utf8.withContiguousStorageIfAvailable(run) ?? Array(text.utf8).withUnsafeBufferPointer(run)
    }
}
