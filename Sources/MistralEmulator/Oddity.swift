public import ConvoJSON
import ConvoModel
// NFC is in none of the smaller parts of Foundation.
import Foundation

/// A defect of one item in a list or a history, where all others are good.
public enum Oddity: String, CaseIterable, Sendable {
    /// The item has neither `created_at` nor `updated_at`.
    case noTime = "no-time"
    /// The `Z` is missing at the end of the item's times.
    case timeWithoutZone = "time-without-zone"
    /// The item has no `id`.
    case noID = "no-id"
    /// The `id` is a number.
    case numberID = "number-id"
    /// The item has neither `type` nor `object`.
    case noType = "no-type"
    /// The item is `null`.
    case null
    /// The item has one more member, whose arrays nest deeper than clients follow.
    case tooDeep = "too-deep"
    /// The item has one more member, whose string is not UTF-8.
    case notUTF8 = "not-utf8"

    /// The nesting of ``tooDeep``: more than ``JSONText`` takes.
    static let depth = 600

    /// A body in which the middle element of an array is spoiled.
    ///
    /// - Parameters:
    ///   - json: an array, or an object that holds one.
    ///   - key: where the object holds the array; `nil`: `json` is the array.
    /// - Returns: the body; unchanged where the array is empty.
    func spoiling(_ json: JSONText, at key: String? = nil) -> Emulator.Answer {
        let items = key.map { json[$0] ?? .array([]) } ?? json
        var elements = items.elements
        guard !elements.isEmpty else { return .json(json) }
        let middle = elements.count / 2
        let bytes = spoiled(elements[middle])
        elements[middle] = .null
        // The bytes before and after the element are those of the same array with null in its place.
        let before = JSONText.array(Array(elements[..<middle])).text.utf8.dropLast()
        let after = JSONText.array(Array(elements[(middle + 1)...])).text.utf8.dropFirst()
        let array =
            Array(before) + (middle > 0 ? [UInt8(ascii: ",")] : []) + bytes
            + (middle + 1 < elements.count ? [UInt8(ascii: ",")] : []) + after
        guard let key else { return .bytes(array) }
        return .bytes(Oddity.object(json, with: array, at: key))
    }

    private static func object(_ json: JSONText, with bytes: [UInt8], at key: String) -> [UInt8] {
        let members = json.members.map { member -> [UInt8] in
            Array(JSONText.string(member.key).text.utf8) + [UInt8(ascii: ":")]
                + (member.key == key ? bytes : Array(member.value.text.utf8))
        }
        return [UInt8(ascii: "{")] + members.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "}")]
    }

    private func spoiled(_ item: JSONText) -> [UInt8] {
        switch self {
        case .noTime: Array(item.setting("updated_at", to: nil).setting("created_at", to: nil).text.utf8)
        case .timeWithoutZone: Array(Oddity.withoutZone(item).text.utf8)
        case .noID: Array(item.setting("id", to: nil).text.utf8)
        case .numberID: Array(item.setting("id", to: .int(7)).text.utf8)
        case .noType: Array(item.setting("type", to: nil).setting("object", to: nil).text.utf8)
        case .null: Array("null".utf8)
        case .tooDeep:
            Oddity.adding(
                Array(String(repeating: "[", count: Oddity.depth).utf8)
                    + Array(String(repeating: "]", count: Oddity.depth).utf8), to: item)
        // > "The octet values C0, C1, F5 to FF never appear." RFC 3629, section 1
        case .notUTF8: Oddity.adding([UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")], to: item)
        }
    }

    private static func withoutZone(_ item: JSONText) -> JSONText {
        ["created_at", "updated_at"].reduce(item) { item, key in
            guard let time = item[key]?.string, time.hasSuffix("Z") else { return item }
            return item.setting(key, to: .string(String(time.dropLast())))
        }
    }

    /// The object with one more member, whose value is these bytes.
    private static func adding(_ value: [UInt8], to item: JSONText) -> [UInt8] {
        let open = Array(item.text.utf8.dropLast())
        return open + Array((open.count > 1 ? "," : "").utf8) + Array(#""odd":"#.utf8) + value + [UInt8(ascii: "}")]
    }
}

/// A change that a server may make to an input's text when it stores it.
public enum InputAlteration: CaseIterable, Hashable, Sendable {
    /// Without white space at both ends.
    case trimmed
    /// With LF in place of CR LF.
    case lineFeeds
    case withoutNUL
    /// In Unicode's form NFC.
    case normalized
    /// Escaped for HTML.
    case escaped
    /// In two chunks, split in the middle.
    case chunks
    /// In capital letters.
    case capitals

    init?(_ fault: Fault?) {
        switch fault {
        case .storedTrimmed: self = .trimmed
        case .storedWithLineFeeds: self = .lineFeeds
        case .storedWithoutNUL: self = .withoutNUL
        case .storedNormalized: self = .normalized
        case .storedEscaped: self = .escaped
        case .storedInChunks: self = .chunks
        default: return nil
        }
    }

    /// The entry with its text, its chunks' texts or its result altered.
    ///
    /// - Parameter entry: an input, as it was sent or as it will be stored.
    /// - Returns: the altered entry.
    public func applied(to entry: JSONText) -> JSONText {
        if let result = entry["result"]?.string, self != .chunks {
            return entry.setting("result", to: .string(altered(result)))
        }
        guard let content = entry["content"] else { return entry }
        if let text = content.string {
            return entry.setting("content", to: self == .chunks ? InputAlteration.split(text) : .string(altered(text)))
        }
        let chunks = content.elements.flatMap { chunk -> [JSONText] in
            guard let text = chunk["text"]?.string else { return [chunk] }
            if self == .chunks { return InputAlteration.split(text).elements }
            return [chunk.setting("text", to: .string(altered(text)))]
        }
        return entry.setting("content", to: .array(chunks))
    }

    private func altered(_ text: String) -> String {
        switch self {
        case .trimmed: text.trimmingCharacters(in: .whitespacesAndNewlines)
        case .lineFeeds: text.replacing("\r\n", with: "\n")
        case .withoutNUL: String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
        case .normalized: text.precomposedStringWithCanonicalMapping
        case .escaped:
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
                .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
        case .chunks: text
        case .capitals: text.uppercased()
        }
    }

    /// Two chunks, split in the middle.
    private static func split(_ text: String) -> JSONText {
        let middle = text.index(text.startIndex, offsetBy: text.count / 2)
        return .array(
            [text[..<middle], text[middle...]].map {
                .object(["type": .string("text"), "text": .string(String($0))])
            })
    }
}
