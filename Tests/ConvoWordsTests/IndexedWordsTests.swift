import SeededRandom
import Testing

@testable import ConvoWords

@Suite struct IndexedWordsTests {
    private struct Word: Equatable {
        let letters: [UInt8]
        let isColocated: Bool
    }

    /// FTS5 must get the same words, at the same places, as the scanner finds in the text.
    @Test(arguments: [
        "", " ", "plain words", "camelCase HTTPServer foo.barBaz()", "snake_case --flag a@b.example /etc/passwd",
        "日本語のテキスト", "東京 Tokyo 한국어", "ภาษาไทย", "😀 wave 👋🏽", "e\u{301}te\u{301} Ünïcödé", "\u{0}\u{1}\u{1f} \u{1}word",
        String(repeating: "x", count: 1000), String(repeating: "é", count: 200), "a\nb\tc", "\u{FFFD}\u{FEFF}",
    ])
    func `parting gives back what was put together`(_ text: String) {
        #expect(parted(text) == scanned(text))
    }

    @Test func `parting gives back what was put together, for any text`() {
        var random = SplitMix64(seed: 7)
        let alphabet: [Unicode.Scalar] = Array("aZ9 _-.\u{0}\u{1}\u{7f}é\u{301}日本한ท😀\u{200D}ﬁßİΣ".unicodeScalars)
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            #expect(parted(text) == scanned(text), "\(text.unicodeScalars.map(\.value))")
        }
    }

    private func parted(_ text: String) -> [Word] {
        var words: [Word] = []
        var text = IndexedWords(of: text).text
        text.withUTF8 { bytes in
            IndexedWords.forEach(in: UnsafeRawBufferPointer(bytes)) {
                words.append(Word(letters: Array($0), isColocated: $1))
                return true
            }
        }
        return words
    }

    private func scanned(_ text: String) -> [Word] {
        var words: [Word] = []
        var text = text
        text.withUTF8 { bytes in
            var scanner = WordScanner(UnsafeRawBufferPointer(bytes), purpose: .index)
            while let token = scanner.next() {
                words.append(
                    scanner.withLetters(of: token) { Word(letters: Array($0), isColocated: token.isColocated) })
            }
        }
        return words
    }
}
