import ConvoModel
// NFC is in none of the smaller parts of Foundation.
import Foundation

/// How a server may store an input's text otherwise than it was sent.
enum InputAlteration: Sendable {
    case trimmed, lineFeeds, withoutNUL, normalized, escaped, chunks

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
    func applied(to entry: JSONText) -> JSONText {
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
