/// One JSON value, kept as the text it came as, without the white space between its tokens.
///
/// Convo's promise is a lossless mirror: key order, unknown fields, `1.0`, integers of twenty digits, escapes and
/// `null` must survive. Types that decode (Foundation's included) lose them; this one keeps the text and reads from
/// it only what is asked for.
///
/// Every value of this type is valid JSON (RFC 8259) of at most ``depthLimit`` levels. Two values are equal where
/// their bytes are. Reading a member walks the text: fine for the objects of this API, wrong for a large table of keys.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
    /// The greatest number of levels of arrays and objects in a value.
    ///
    /// SQLite's own JSON functions refuse more than 1,000 levels, and must be able to read every value.
    public static let depthLimit = 500

    /// The value's text in UTF-8, without white space between tokens.
    public let text: String

    /// The value's text.
    public var description: String { text }

    /// Checks a JSON text and drops the white space between its tokens.
    ///
    /// - Throws: ``JSONSyntaxError`` if it is not exactly one JSON value within ``depthLimit``.
    public init(_ text: String) throws(JSONSyntaxError) {
        try self.init(utf8: Array(text.utf8))
    }

    /// Checks the bytes of a JSON text, and drops white space between its tokens and a byte order mark at its start.
    ///
    /// - Throws: ``JSONSyntaxError`` if they are not exactly one JSON value in UTF-8 within ``depthLimit``.
    public init(utf8 bytes: [UInt8]) throws(JSONSyntaxError) {
        let compact = try JSONCompactor.compact(bytes, depthLimit: JSONText.depthLimit)
        guard let text = String(validating: compact.bytes, as: UTF8.self) else {
            throw JSONSyntaxError(reason: .invalidUTF8, offset: 0)
        }
        self.text = text
    }

    /// Whether both texts have the same bytes: `1.0` and `1` differ, and so do two orders of the same members.
    public static func == (one: JSONText, other: JSONText) -> Bool { one.text.hasSameBytes(as: other.text) }
    /// Hashes the text, so that equal values have equal hashes.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Wraps text that is known to be valid and compact: a slice of a valid value, or the output of a builder.
    package init(trusted text: String) {
        self.text = text
    }

    /// Wraps text read back from our own database, which stores only valid values.
    ///
    /// Skips the check. Reading from a text that is not valid gives `nil` and empty results, never a crash.
    package static func stored(_ text: String) -> JSONText { JSONText(trusted: text) }
}

extension JSONText {
    /// JSON's `null`.
    public static let null = JSONText(trusted: "null")

    /// `true` or `false`.
    public static func bool(_ value: Bool) -> JSONText { JSONText(trusted: value ? "true" : "false") }
    /// A number without a fraction or an exponent.
    public static func int(_ value: Int) -> JSONText { JSONText(trusted: String(value)) }

    /// A finite number; `null` for infinity and NaN, which JSON cannot express.
    public static func double(_ value: Double) -> JSONText { value.isFinite ? JSONText(trusted: "\(value)") : .null }

    /// A string, in which only quotes, backslashes and control characters (U+007F included) are escaped.
    public static func string(_ value: String) -> JSONText {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        quoted.reserveCapacity(value.utf8.count + 2)
        for byte in value.utf8 { appendEscaped(byte, to: &quoted) }
        quoted.append(UInt8(ascii: "\""))
        return JSONText(trusted: String(decoding: quoted, as: UTF8.self))
    }

    /// A string as ``string(_:)`` makes it; `null` for `nil`.
    public static func string(_ value: String?) -> JSONText { value.map { string($0) } ?? .null }

    /// An array with its elements in the order given.
    public static func array(_ elements: some Collection<JSONText>) -> JSONText {
        // Reserved for the whole text: a history may be long.
        var text = String()
        text.reserveCapacity(elements.reduce(2) { $0 + 1 + $1.text.utf8.count })
        text.append("[")
        for element in elements {
            if text.utf8.count > 1 { text.append(",") }
            text.append(element.text)
        }
        text.append("]")
        return JSONText(trusted: text)
    }

    /// An object with its members in the order given; a member whose value is `nil` is left out.
    public static func object(_ members: KeyValuePairs<String, JSONText?>) -> JSONText {
        object(members.map { ($0.key, $0.value) })
    }

    /// An object with its members in the order given; a member whose value is `nil` is left out.
    public static func object(_ members: [(String, JSONText?)]) -> JSONText {
        var text = String()
        text.reserveCapacity(members.reduce(2) { $0 + $1.0.utf8.count + 4 + ($1.1?.text.utf8.count ?? 0) })
        text.append("{")
        for case (let key, let value?) in members {
            if text.utf8.count > 1 { text.append(",") }
            text.append(JSONText.string(key).text)
            text.append(":")
            text.append(value.text)
        }
        text.append("}")
        return JSONText(trusted: text)
    }

    /// This object with one member replaced in its place or added at its end, or without it where `value` is `nil`.
    ///
    /// Members' values keep their text; their names are written anew, with the escapes that this type writes. Further
    /// members of the same name are dropped, because this type reads the first of them and most other readers the last.
    /// The result for a value that is not an object is an object with this member alone.
    ///
    /// - Parameters:
    ///   - key: the member's name, without escapes.
    ///   - value: the member's new value; `nil` removes the member.
    /// - Returns: the changed object.
    public func setting(_ key: String, to value: JSONText?) -> JSONText {
        var isSet = false
        var members: [(String, JSONText?)] = self.members.map { member in
            guard member.key.hasSameBytes(as: key) else { return (member.key, member.value) }
            defer { isSet = true }
            return (key, isSet ? nil : value)
        }
        if !isSet { members.append((key, value)) }
        return .object(members)
    }

    private static func appendEscaped(_ byte: UInt8, to quoted: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case 0x0A: quoted.append(contentsOf: "\\n".utf8)
        case 0x0D: quoted.append(contentsOf: "\\r".utf8)
        case 0x09: quoted.append(contentsOf: "\\t".utf8)
        case 0..<0x20, 0x7F:
            let digits = String(byte, radix: 16)
            quoted.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        default: quoted.append(byte)
        }
    }
}
