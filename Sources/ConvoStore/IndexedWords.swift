public import ConvoModel

/// The words of a text as the index is given them: FTS5 sees no text.
///
/// So words are found before the transaction that others wait for, and FTS5's tokenizer has only to part them: by
/// spaces. A mark before a word says that it stands at the place of the one before it. No word of ``WordScanner`` has
/// either in it.
struct IndexedWords: Hashable, Sendable {
    private static let space = UInt8(ascii: " ")
    private static let colocated: UInt8 = 1

    let text: String

    init(of text: String) {
        var text = text
        self.text = text.withUTF8 { utf8 in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(utf8.count + utf8.count / 8)
            var scanner = WordScanner(UnsafeRawBufferPointer(utf8), purpose: .index)
            while let token = scanner.next() {
                if !bytes.isEmpty { bytes.append(IndexedWords.space) }
                if token.isColocated { bytes.append(IndexedWords.colocated) }
                scanner.withLetters(of: token) { bytes.append(contentsOf: $0) }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Calls `visit` with each word of such a text, until that returns `false`.
    static func forEach(
        in text: UnsafeRawBufferPointer, _ visit: (_ word: UnsafeRawBufferPointer, _ isColocated: Bool) -> Bool
    ) {
        var start = 0
        while start < text.count {
            let isColocated = text[start] == colocated
            if isColocated { start += 1 }
            var end = start
            while end < text.count, text[end] != space { end += 1 }
            if !visit(UnsafeRawBufferPointer(rebasing: text[start..<end]), isColocated) { return }
            start = end + 1
        }
    }
}

/// What of an entry is searched and shown: its words, without the JSON around them.
///
/// Frozen like a migration: the index keeps no copy of the text, and a row leaves it by the very text that it came
/// with. A change here needs a new ``indexVersion``, which rebuilds the index.
public enum SearchText {
    static let indexVersion = 1

    /// Members whose strings are names for machines, not words of a person or a model.
    private static let silent: Set<String> = [
        "id", "object", "type", "role", "created_at", "completed_at", "tool_call_id", "agent_id", "model",
        "previous_agent_id", "next_agent_id", "file_id", "signature", "confirmation_status", "function", "prefix",
        "closed", "detail",
    ]

    /// The text of an entry of any kind, its pieces parted by line breaks. Inline images and files (`data:` URLs)
    /// are no text.
    public static func of(_ entry: JSONText) -> String {
        entry.strings(exceptIn: silent).filter { !$0.isEmpty && !$0.hasPrefix("data:") }.joined(separator: "\n")
    }
}
