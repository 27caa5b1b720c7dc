import SeededRandom

/// Words of an invented language: the n-th most frequent word has a frequency proportional to 1/n (Zipf's law).
struct Vocabulary {
    private let words: [String]
    private let logarithm: Double
    private let separator: String

    init(size: Int, syllables: [String], separator: String = " ", seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        words = (0..<size).map { rank in
            let length = 1 + Int.random(in: 0...(rank < 100 ? 1 : rank < 5000 ? 2 : 3), using: &generator)
            return (0..<length).map { _ in syllables[Int.random(in: 0..<syllables.count, using: &generator)] }.joined()
        }
        logarithm = Double(size).logarithm
        self.separator = separator
    }

    func word(_ generator: inout SplitMix64) -> String {
        words[min(words.count - 1, Int((generator.unit() * logarithm).exponential) - 1)]
    }

    /// Makes a text of whole words, of at least `bytes` bytes.
    func text(bytes: Int, _ generator: inout SplitMix64) -> String {
        var text = ""
        text.reserveCapacity(bytes + 32)
        var inSentence = 0
        while text.utf8.count < bytes {
            text += word(&generator)
            inSentence += 1
            let ends = inSentence > 3 && generator.unit() < 0.08
            if ends { inSentence = 0 }
            text += ends ? (separator.isEmpty ? "。" : ". ") : separator
        }
        return text
    }
}

extension Vocabulary {
    /// The vocabularies and their shares of the texts: most of it looks like English.
    static func all(seed: UInt64) -> [(share: Double, vocabulary: Vocabulary)] {
        let latin = product(
            ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "th", "st", "w", ""],
            ["a", "e", "i", "o", "u", "er", "in", "on"])
        let french = product(
            ["b", "ch", "d", "f", "l", "m", "n", "p", "qu", "r", "s", "t"], ["é", "è", "a", "ou", "eau", "ç", "i"])
        let russian = product(
            ["б", "в", "г", "д", "к", "л", "м", "н", "п", "р", "с", "т"], ["а", "е", "и", "о", "у", "й"])
        let code = [
            "get", "set", "Value", "Index", "_count", "file", "Path", ".json", "()", "http", "Request", "::", "buf",
            "0x1f", "--flag",
        ]
        let chinese = (0..<2500).compactMap { Unicode.Scalar(0x4E00 + $0 * 3).map { String(Character($0)) } }
        let japanese =
            (0x3042...0x3093).compactMap { Unicode.Scalar($0).map { String(Character($0)) } } + chinese.prefix(500)
        let korean = (0..<1500).compactMap { Unicode.Scalar(0xAC00 + $0 * 7).map { String(Character($0)) } }
        let thai = (0x0E01...0x0E2E).compactMap { Unicode.Scalar($0).map { String(Character($0)) } }
        return [
            (0.60, Vocabulary(size: 200_000, syllables: latin, seed: seed)),
            (0.10, Vocabulary(size: 80_000, syllables: french, seed: seed + 1)),
            (0.08, Vocabulary(size: 80_000, syllables: russian, seed: seed + 2)),
            (0.12, Vocabulary(size: 50_000, syllables: code, seed: seed + 3)),
            (0.04, Vocabulary(size: 30_000, syllables: chinese, separator: "", seed: seed + 4)),
            (0.03, Vocabulary(size: 30_000, syllables: japanese, separator: "", seed: seed + 5)),
            (0.02, Vocabulary(size: 30_000, syllables: korean, seed: seed + 6)),
            (0.01, Vocabulary(size: 30_000, syllables: thai, separator: "", seed: seed + 7)),
        ]
    }

    private static func product(_ heads: [String], _ tails: [String]) -> [String] {
        heads.flatMap { head in tails.map { head + $0 } }
    }
}
