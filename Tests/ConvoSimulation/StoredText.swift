import ConvoJSON
import ConvoModel

/// How a server changes an input's text before it stores it.
package enum StoredText: CaseIterable, Hashable, Sendable {
    case asSent, trimmed, lineFeeds, withoutNUL, composed, escaped, chunked
    /// A change that the engine's comparison of texts does not allow for.
    case capitals

    func applied(to input: JSONText) -> JSONText {
        guard self != .asSent, input["type"]?.string ?? "message.input" == "message.input",
            let content = input["content"]
        else { return input }
        if let text = content.string { return input.setting("content", to: stored(text)) }
        guard self != .chunked else { return input }
        let chunks = content.elements.map { chunk in
            chunk["text"]?.string.map { chunk.setting("text", to: .string(changed($0))) } ?? chunk
        }
        return input.setting("content", to: .array(chunks))
    }

    private func stored(_ text: String) -> JSONText {
        guard self == .chunked else { return .string(changed(text)) }
        let middle = text.index(text.startIndex, offsetBy: text.count / 2)
        return .array(
            [text[..<middle], text[middle...]].map { .object(["type": .string("text"), "text": .string(String($0))]) })
    }

    private func changed(_ text: String) -> String {
        switch self {
        case .asSent, .chunked: text
        case .trimmed:
            String(
                String(text.drop(while: \.isWhitespace).reversed()).drop(while: \.isWhitespace).reversed())
        case .lineFeeds: String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\r" }))
        case .withoutNUL: String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
        case .composed: Letters.composed(text)
        case .escaped:
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        case .capitals: text.uppercased()
        }
    }
}

/// The one accented letter that simulated writers use, in its two spellings.
enum Letters {
    private static let single: [Unicode.Scalar] = ["\u{E9}"]
    private static let double: [Unicode.Scalar] = ["e", "\u{301}"]

    static func composed(_ text: String) -> String { replaced(text, double, single) }

    /// The text in the letter's other spelling.
    static func respelled(_ text: String) -> String {
        text.unicodeScalars.contains("\u{E9}") ? replaced(text, single, double) : composed(text)
    }

    /// Replaces scalars, because `String` takes both spellings for equal.
    private static func replaced(_ text: String, _ old: [Unicode.Scalar], _ new: [Unicode.Scalar]) -> String {
        String(String.UnicodeScalarView(Array(text.unicodeScalars).replacing(old, with: new)))
    }
}
