import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `A snippet` {
    private func marked(_ text: String, _ words: String...) -> [String] {
        let snippet = Snippet(of: text, wanted: words.map { SearchQuery.Wanted(text: $0, isPrefix: false) })
        let scalars = Array(snippet.text.unicodeScalars)
        return snippet.marks.map { String(String.UnicodeScalarView(scalars[$0])) }
    }

    @Test func `marks a word as it stands in the text, however long it is when it is folded`() {
        #expect(marked("die Straße ist lang", "strasse") == ["Straße"])
        #expect(marked("die STRASSE ist lang", "straße") == ["STRASSE"])
        #expect(marked("an oﬃce, an oﬃcer", "office") == ["oﬃce"])
        #expect(marked("un cafe\u{301}, s'il vous plaît", "café") == ["cafe\u{301}"])
        #expect(marked("une œuvre", "oeuvre", "une") == ["une", "œuvre"])
        #expect(marked("\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8} 공부", "한국").map(\.unicodeScalars.count) == [6])
        #expect(marked("ｶﾞｲﾄﾞ付き", "ガイド") == ["ｶﾞｲﾄﾞ"])
        #expect(marked("½ of it", "2") == ["½"])
        #expect(marked("thumbs 👍🏽 up", "👍") == ["👍🏽"])
        #expect(marked("क़लम and pen", "कलम") == ["क़लम"])
        #expect(marked("محمـــد قال", "محمد") == ["محمـــد"])
    }

    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func `never cuts a character, at its ends or those of a mark`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = [
            "word ", "needle ", "e\u{301}", "👩‍💻", "🇩🇪🇫🇷", "👍🏽", "한국", "\u{1112}\u{1161}\u{11AB}", "हिन्दी ", "น้ำ", "\r\n", " ",
            "ß", "ﬃ", "日本語", "z\u{335}\u{30D}\u{352}", "needle\u{301}", "க்ஷ", "\u{200D}",
        ]
        let text = (0..<Int.random(in: 1...120, using: &random))
            .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        let wanted = ["needle", "한국", "👍", "本語", "हिन्दी"].map { SearchQuery.Wanted(text: $0, isPrefix: false) }
        let snippet = Snippet(of: text, wanted: wanted)
        let whole = Set(text)
        // What stands behind a folded space or the ellipsis may join it.
        for character in snippet.text where ![" ", "…"].contains(character.unicodeScalars.first) {
            #expect(whole.contains(character), "\(character.unicodeScalars.map(\.value))")
        }
        let scalars = snippet.text.unicodeScalars
        for mark in snippet.marks {
            for place in [mark.lowerBound, mark.upperBound] {
                let index = scalars.index(scalars.startIndex, offsetBy: place)
                #expect(String.Index(index, within: snippet.text) != nil, "\(place) in \(snippet.text)")
            }
        }
    }

    @Test func `is short, whatever stands on one letter`() {
        let text = "needle z" + String(repeating: "\u{301}", count: 100_000) + " needle"
        let snippet = Snippet(of: text, wanted: [SearchQuery.Wanted(text: "needle", isPrefix: false)])
        #expect(snippet.text.utf8.count < 400)
        #expect(snippet.marks == [0..<6])
    }
}
