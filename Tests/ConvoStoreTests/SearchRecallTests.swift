import ConvoModel
import ConvoStore
import SeededRandom
import Testing

/// The index is compared with a scan of all texts, which is slow, and too simple to be wrong.
@Suite final class `A search finds every entry that holds`: StoreSuite {
    private static let texts = 150

    private func text(_ letters: [Character], spaced: Bool, _ generator: inout SplitMix64) -> String {
        String(
            (0..<Int.random(in: 5...60, using: &generator)).map { _ in
                Int.random(in: 0..<6, using: &generator) == 0
                    ? (spaced ? " " : "。") : letters[Int.random(in: 0..<letters.count, using: &generator)]
            })
    }

    private func letters(_ range: ClosedRange<UInt32>) -> [Character] {
        range.compactMap { Unicode.Scalar($0).map(Character.init) }
    }

    @Test(
        arguments: [
            ("Chinese", 0x4E00...0x4E0A), ("Japanese", 0x3042...0x304F), ("Korean", 0xAC00...0xAC0A),
            ("Thai", 0x0E01...0x0E0C),
        ] as [(String, ClosedRange<UInt32>)])
    func `any part of a text without spaces`(language: String, range: ClosedRange<UInt32>) throws {
        var generator = SplitMix64(seed: 7)
        let letters = letters(range)
        let texts = (0..<Self.texts).map { _ in text(letters, spaced: false, &generator) }
        try store.mirror(.sample("conv_1"), texts.enumerated().map { message("m\($0)", $1) })
        for _ in 0..<rounds(100) {
            let source = Array(texts[Int.random(in: 0..<texts.count, using: &generator)])
            let start = Int.random(in: 0..<source.count, using: &generator)
            let length = Int.random(in: 1...5, using: &generator)
            let part = String(source[start..<min(source.count, start + length)])
            guard !part.allSatisfy({ $0 == "。" }), !part.contains("。") else { continue }
            let scanned = texts.indices.filter { texts[$0].contains(part) }.map { "m\($0)" }
            let found = try store.search("\"\(part)\"", limit: 1000).hits.compactMap(\.entry?.rawValue)
            #expect(Set(found) == Set(scanned), "\(language): \(part)")
        }
    }

    @Test(arguments: [
        ("English", "abcdeABC"), ("French", "aéèêçuÉ"), ("Russian", "абвёйГД"), ("Greek", "αβγάώΣ"),
        ("code", "ab_C.12-"),
    ])
    func `a word of a text with spaces`(language: String, alphabet: String) throws {
        var generator = SplitMix64(seed: 11)
        let texts = (0..<Self.texts).map { _ in text(Array(alphabet), spaced: true, &generator) }
        try store.mirror(.sample("conv_1"), texts.enumerated().map { message("m\($0)", $1) })
        for _ in 0..<rounds(100) {
            let words = texts[Int.random(in: 0..<texts.count, using: &generator)].split(separator: " ")
            guard let word = words.randomElement(using: &generator), word.contains(where: \.isLetter) else { continue }
            let scanned = texts.indices.filter { texts[$0].split(separator: " ").contains(word) }.map { "m\($0)" }
            let found = try store.search("\"\(word)\"", limit: 1000).hits.compactMap(\.entry?.rawValue)
            #expect(Set(found).isSuperset(of: scanned), "\(language): \(word)")
        }
    }
}
