/// A link that whoever has it may follow, because it carries a signature, a token or a key. It is not to be shown, logged or
/// indexed.
///
/// The server puts such links into the results of tools; they open a file for an hour or for days.
package enum SignedLink {
    /// What stands in the place of a link.
    package static let replacement = "(signed link)"
    /// What stands in the place of a link's query, where the rest of the link is shown.
    package static let queryReplacement = "?[signed link left out]"

    /// A text without its signed links.
    ///
    /// - Parameter text: any text, also JSON, HTML or Markdown with links in it; the links may be escaped as these and URLs do it.
    /// - Returns: the text with ``replacement`` in the place of each; texts without one are returned as they are.
    package static func removed(from text: String) -> String {
        replaced(in: text) { link in (link.start, replacement) }
    }

    /// A text whose signed links have lost their secrets, and say still where they lead.
    ///
    /// - Parameter text: as for ``removed(from:)``.
    /// - Returns: the text with ``queryReplacement`` in the place of each signed link's query, or fragment.
    package static func queriesRemoved(from text: String) -> String {
        replaced(in: text) { link in (link.query, queryReplacement) }
    }

    /// Puts a text in the place of each signed link, from a place in its word on.
    private static func replaced(
        in text: String, _ replacement: (SignedWord) -> (start: Int, text: String)
    ) -> String {
        var text = text
        let words = text.withUTF8 { SignedWord.candidates(in: $0) }
        guard !words.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var (result, copied) = ([UInt8](), 0)
        for link in words.lazy.compactMap({ SignedWord(bytes[$0]) }) {
            let (start, words) = replacement(link)
            result += bytes[copied..<start]
            result += words.utf8
            copied = link.end
        }
        return copied == 0 ? text : String(decoding: result + bytes[copied...], as: UTF8.self)
    }
}
