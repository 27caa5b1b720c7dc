/// The words of a text in the form in which FTS5 indexes them.
///
/// The store finds the words before the transaction that others wait for; FTS5's tokenizer only splits them at spaces.
/// A byte 0x01 before a word says that the word is colocated: it has the position of the word before it. No word of
/// ``WordScanner`` contains a space or that byte.
package struct IndexedWords: Hashable, Sendable {
    private static let space = UInt8(ascii: " ")
    private static let colocated: UInt8 = 1

    package let text: String

    package init(of text: String) {
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

    /// Calls `visit` with each word of an indexed text, until `visit` returns `false`.
    package static func forEach(
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
