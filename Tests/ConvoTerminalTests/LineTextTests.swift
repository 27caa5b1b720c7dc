import SeededRandom
import Testing

@testable import ConvoTerminal

@Suite struct `Lines in one text` {
    /// Pieces that a line may have: plain words, spaces, line ends, and what needs a look at characters.
    private static let pieces = [
        "a", "bcd", "longer", " ", "  ", "\n", "\t", "\r\n", "ß", "“–”", "日本", "👩‍👩‍👧", "e\u{301}", "\u{1B}[2J", "\u{7F}",
        "\u{202E}",
        "\u{2028}", "\u{AD}", "…",
    ]

    private static func text(_ chance: inout SplitMix64) -> String {
        // Half of the texts are plain.
        let kinds = chance.int(in: 0...1) == 0 ? 6 : pieces.count
        return (0..<chance.int(in: 0...40)).map { _ in pieces[chance.int(in: 0...kinds - 1)] }.joined()
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `are those into which a sanitised text is wrapped, between their ends`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        var (text, expected) = (LineText(), [String]())
        for _ in 0..<50 {
            let (words, width) = (Self.text(&chance), chance.int(in: 1...20))
            let limit = chance.int(in: 0...2) == 0 ? nil : chance.int(in: 1...5)
            let isColoured = chance.int(in: 0...1) == 0
            let ansi = isColoured ? ANSIStyle.coloured : .plain
            let rest = text.add(words, wrappedTo: width, between: ansi.faintEnds(indent: "  "), limit: limit)
            let lines = words.sanitised(.block).wrapped(to: width).map { $0.isEmpty ? "" : ansi.faint("  " + $0) }
            #expect(rest == limit.map { lines.count > $0 + 1 ? lines.count - $0 : 0 } ?? 0)
            expected += lines.prefix(lines.count - rest)
            #expect(text.lines == expected, "\(words) \(width)")
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `of plain text are broken as those of any other`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let letters = (0..<chance.int(in: 0...60)).map { _ in chance.int(in: 0...2) == 0 ? " " : "x" }
            let (line, width) = (letters.joined(), chance.int(in: 1...20))
            let expected = letters.count > width ? line.foldedCharacters(to: width) : [line]
            #expect(line.wrapped(to: width) == expected, "\(line) \(width)")
            #expect("\(line)\n\n\(line)".wrapped(to: width) == expected + [""] + expected)
        }
    }

    @Test func `are added whole or in pieces, and forgotten`() {
        var text = LineText()
        text.add("")
        text.add("who", ["when", "where"], separatedBy: ", ", between: LineText.Ends(start: " (", end: ")"))
        #expect(text.lines == ["", "who (when, where)"])
        #expect(text.bytes == Array("\nwho (when, where)\n".utf8))
        text.removeAll()
        #expect(text.lines.isEmpty && text.bytes.isEmpty)
    }
}
