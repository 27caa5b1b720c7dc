/// What a piece of a query asks for, before FTS5 cuts it into words.
package struct QueryWords {
    /// Whether the text has no word: only separators and marks.
    package let isEmpty: Bool
    /// Whether the text has one character that is neither a separator nor a mark, and a script without spaces has it.
    package let isOneUnspacedCharacter: Bool

    /// The tokens of a query's piece, each with whether it is a run of letters and digits.
    package static func tokens(of text: String) -> [(letters: String, isWord: Bool)] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = WordScanner(UnsafeRawBufferPointer(bytes), purpose: .query)
            var found: [(letters: String, isWord: Bool)] = []
            while let token = scanner.next() {
                found.append((scanner.withLetters(of: token) { String(decoding: $0, as: UTF8.self) }, token.isWord))
            }
            return found
        }
    }

    /// Reads the text as far as needed.
    package init(_ text: String) {
        var text = text
        let scalars: [SearchedScalar] = text.withUTF8 { bytes in
            var reader = SearchedScalars(UnsafeRawBufferPointer(bytes))
            var found: [SearchedScalar] = []
            while found.count < 2, let scalar = reader.next() {
                if scalar.entry.kind != .separator { found.append(scalar) }
            }
            return found
        }
        isEmpty = scalars.isEmpty
        isOneUnspacedCharacter = scalars.count == 1 && scalars.allSatisfy(\.isUnspaced)
    }
}
