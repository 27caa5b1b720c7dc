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
