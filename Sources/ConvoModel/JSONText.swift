/// One JSON value, kept as the text it came as, but for the white space between its tokens.
///
/// Convo's promise is a lossless mirror: key order, unknown fields, `1.0`, integers of twenty digits, escapes and
/// `null` must survive. Types that decode (Foundation's included) lose them; this one keeps the text and reads from
/// it only what is asked for.
///
/// Every value of this type is valid JSON (RFC 8259) of at most ``depthLimit`` levels. Two are equal where their bytes
/// are. Reading a member walks the text: fine for the objects of this API, wrong for a large table of keys.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
    /// SQLite's own JSON functions refuse more than 1,000 levels; what we take in must stay readable there.
    public static let depthLimit = 500

    /// The value's text, without white space between tokens.
    public let text: String

    public var description: String { text }

    /// Takes in a JSON text.
    ///
    /// - Throws: ``JSONSyntaxError`` if it is not exactly one JSON value in UTF-8 within the depth limit.
    public init(_ text: String) throws(JSONSyntaxError) {
        try self.init(utf8: Array(text.utf8))
    }

    /// Takes in the bytes of a JSON text; a byte order mark at their start is dropped.
    ///
    /// - Throws: ``JSONSyntaxError`` if they are not exactly one JSON value in UTF-8 within the depth limit.
    public init(utf8 bytes: [UInt8]) throws(JSONSyntaxError) {
        let compact = try JSONCompactor.compact(bytes, depthLimit: JSONText.depthLimit)
        guard let text = String(validating: compact.bytes, as: UTF8.self) else {
            throw JSONSyntaxError(reason: .invalidUTF8, offset: 0)
        }
        self.text = text
    }

    public static func == (one: JSONText, other: JSONText) -> Bool { one.text.hasSameBytes(as: other.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// For text that is known to be valid and compact: a slice of a valid value, or what a builder wrote.
    init(trusted text: String) {
        self.text = text
    }

    /// For text read back from our own database, which took in only valid values.
    ///
    /// Skips the check. Reading from a text that is not valid gives `nil` and empty answers, never a crash.
    public static func stored(_ text: String) -> JSONText { JSONText(trusted: text) }
}

extension JSONText {
    public static let null = JSONText(trusted: "null")

    public static func bool(_ value: Bool) -> JSONText { JSONText(trusted: value ? "true" : "false") }
    public static func int(_ value: Int) -> JSONText { JSONText(trusted: String(value)) }

    /// A finite number; `null` for one that JSON cannot say.
    public static func double(_ value: Double) -> JSONText { value.isFinite ? JSONText(trusted: "\(value)") : .null }

    /// A string, escaped as little as JSON asks: quotes, backslashes and control characters.
    public static func string(_ value: String) -> JSONText {
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        quoted.reserveCapacity(value.utf8.count + 2)
        for byte in value.utf8 { appendEscaped(byte, to: &quoted) }
        quoted.append(UInt8(ascii: "\""))
        return JSONText(trusted: String(decoding: quoted, as: UTF8.self))
    }

    public static func string(_ value: String?) -> JSONText { value.map { string($0) } ?? .null }

    public static func array(_ elements: some Collection<JSONText>) -> JSONText {
        // Into room for all of it: a history may be long.
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

    /// This object with one member set in its place, or added at the end; without it where the value is `nil`.
    ///
    /// A second member of that name goes: we read the first of two, and most others the last.
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
