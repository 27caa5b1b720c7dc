import ConvoJSON
import ConvoModel

/// Converts a message's content to the pieces that a person reads.
enum Content {
    enum Piece: Equatable {
        case text(String)
        case thinking(String)
        /// An image, a document, a reference: what it is and where.
        case attachment(String)
        /// A file that a tool made.
        case file(String)

        var isFile: Bool { if case .file = self { true } else { false } }
    }

    /// The pieces of the API's `content`, which is a string or an array of chunks; adjacent texts are joined to one
    /// piece.
    static func pieces(_ content: JSONText) -> [Piece] {
        if let text = content.string { return text.isEmpty ? [] : [.text(text)] }
        var (pieces, joined): ([Piece], String?) = ([], nil)
        for piece in content.elements.compactMap(piece) {
            if case .text(let more) = piece {
                joined = joined ?? ""
                joined?.append(more)
                continue
            }
            if let text = joined.take() { pieces.append(.text(text)) }
            pieces.append(piece)
        }
        return pieces + (joined.map { [.text($0)] } ?? [])
    }

    private static func piece(_ chunk: JSONText) -> Piece? {
        func text(_ field: String) -> String? { chunk[field]?.string }
        switch text("type") {
        case "text": return text("text").map(Piece.text)
        case "thinking":
            let thought = (chunk["thinking"]?.elements ?? []).compactMap { $0["text"]?.string }.joined()
            return .thinking(thought)
        case "image_url":
            return .attachment("image " + short(chunk["image_url"]?.string ?? chunk["image_url"]?["url"]?.string))
        case "document_url":
            return .attachment("document " + short(text("document_name") ?? text("document_url")))
        case "tool_file": return .file("file " + short(text("file_name") ?? text("file_id")))
        case "tool_reference":
            return .attachment([text("title"), text("url")].compactMap(\.self).joined(separator: ", "))
        default: return .attachment(text("type") ?? "something unknown")
        }
    }

    /// A URL or a name, with inline data replaced by a word, because a person cannot read it, and so a signed link.
    private static func short(_ text: String?) -> String {
        guard let text else { return "" }
        return text.hasPrefix("data:") ? "(inline)" : SignedLink.removed(from: text)
    }
}
