import ConvoWords

/// The tokens of a text, those of one position together.
func tokens(_ text: String, _ purpose: WordScanner.Purpose = .index) -> [[String]] {
    var found: [[String]] = []
    var text = text
    text.withUTF8 { bytes in
        var scanner = WordScanner(UnsafeRawBufferPointer(bytes), purpose: purpose)
        while let token = scanner.next() {
            let letters = scanner.withLetters(of: token) { String(decoding: $0, as: UTF8.self) }
            if token.isColocated { found[found.count - 1].append(letters) } else { found.append([letters]) }
        }
    }
    return found
}

/// Whether a search for one text finds the other, as FTS5 matches a phrase: the query's tokens in a row.
func finds(_ query: String, in text: String) -> Bool {
    let wanted = tokens(query, .query).map { $0[0] }
    let held = tokens(text)
    // One character of a script without spaces is searched as a prefix.
    let isPrefix = QueryWords(query).isOneUnspacedCharacter
    guard !wanted.isEmpty, held.count >= wanted.count else { return false }
    return (0...held.count - wanted.count).contains { start in
        wanted.enumerated().allSatisfy { place, word in
            held[start + place].contains { isPrefix ? $0.hasPrefix(word) : bytes($0) == bytes(word) }
        }
    }
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
