import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `A word near another` {
    private func near(_ word: String, _ limit: Int, in words: [String], samePrefix: Int = 0) -> [String] {
        let sorted = words.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        var reads = 0
        let found = NearbyWords(of: word, limit: limit).find(samePrefix: samePrefix) { text in
            reads += 1
            return sorted.first { !Array($0.utf8).lexicographicallyPrecedes(Array(text.utf8)) }
        }
        #expect(reads <= NearbyWords.readLimit)
        return found.map(\.letters)
    }

    @Test func `has a letter more, less, replaced, or exchanged with its neighbour`() {
        let words = [
            "needle", "needles", "nedle", "noodle", "enedle", "nedele", "beadle", "kneedle", "nail", "needless",
            "ünder",
        ]
        #expect(near("needle", 1, in: words) == ["enedle", "kneedle", "nedele", "nedle", "needles"])
        #expect(
            near("needle", 2, in: words) == [
                "enedle", "kneedle", "nedele", "nedle", "needles", "beadle", "needless", "noodle",
            ])
        #expect(near("needle", 1, in: words, samePrefix: 1) == ["nedele", "nedle", "needles"])
        #expect(near("nedeel", 1, in: words) == ["nedele"])
        #expect(near("привет", 1, in: ["привет", "превет", "приветы", "ответ"]) == ["превет", "приветы"])
        #expect(near("aa", 1, in: ["a\u{D7FF}", "a\u{E000}", "a\u{10FFFF}", "b"]).count == 3)
        #expect(
            [0, 0, 0, 1, 1, 1, 2].enumerated().allSatisfy {
                NearbyWords.limit(of: String(repeating: "x", count: $0)) == $1
            })
    }

    @Test func `is told where the time is over before all were looked for`() {
        let words = ["needle1", "needle2", "needle3", "needle4"]
        var reads = 0
        let found = NearbyWords(of: "needle", limit: 1).find(until: { reads == 2 }) { text in
            reads += 1
            return words.first { $0 >= text }
        }
        #expect(found.map(\.letters) == ["needle1", "needle2"])
    }

    /// The distance by its definition.
    private func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
        guard let a = first.last, let b = second.last else { return max(first.count, second.count) }
        let (x, y) = (Array(first.dropLast()), Array(second.dropLast()))
        var least = min(distance(x, second) + 1, distance(first, y) + 1, distance(x, y) + (a == b ? 0 : 1))
        if let c = x.last, let d = y.last, a == d, b == c {
            least = min(least, distance(Array(x.dropLast()), Array(y.dropLast())) + 1)
        }
        return least
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `is found as a comparison with every word finds it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func word() -> String {
            String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 1...6, using: &random)).map { _ in
                        ["a", "b", "c", "é", "日"].randomElement(using: &random) ?? "a"
                    }))
        }
        let words = Array(Set((0..<60).map { _ in word() }))
        let wanted = word()
        for limit in 1...2 {
            let expected = words.filter {
                (1...limit).contains(distance(Array(wanted.unicodeScalars), Array($0.unicodeScalars)))
            }
            #expect(Set(near(wanted, limit, in: words)) == Set(expected), "\(wanted) among \(words)")
        }
    }
}
