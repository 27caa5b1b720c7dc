import SeededRandom
import Testing

@testable import ConvoTerminal

@Suite struct `Columns` {
    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("한글", 4), ("ｆｕｌｌ", 8), ("e\u{301}", 1), ("👩‍👩‍👧‍👦", 2), ("❤️", 2), ("❤", 1), ("🇩🇪", 2),
        ("👍🏽", 2), ("", 0), ("ก็", 1), ("…", 1), ("→", 1), ("１", 2),
        ("कि", 2), ("क्षि", 3), ("नमस्ते", 4), ("한", 2),
    ])
    func `are counted as terminals do`(text: String, expected: Int) {
        #expect(text.columns == expected)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("ab", 1, "…"), ("ab", 0, ""),
    ])
    func `bound a text without cutting a character`(text: String, limit: Int, expected: String) {
        #expect(text.truncated(to: limit) == expected)
    }

    @Test func `are filled by what is missing`() {
        #expect("日本".padded(to: 6) == "日本  ")
        #expect("long".padded(to: 2) == "long")
    }

    @Test(arguments: [
        ("one two three", 7, ["one two", "three"]), ("one  two", 3, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("日本語文", 5, ["日本", "語文"]), ("a\n\nb", 9, ["a", "", "b"]), ("fits", 4, ["fits"]),
    ])
    func `wrap a text at spaces, or anywhere`(text: String, width: Int, expected: [String]) {
        #expect(text.wrapped(to: width) == expected)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `wrap plain text as any other`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        let simple = Array("xyß“–ʒ…")
        for _ in 0..<200 {
            let letters = (0..<chance.int(in: 0...60)).map { _ in
                chance.int(in: 0...2) == 0 ? " " : simple[chance.int(in: 0...simple.count - 1)]
            }
            let (text, width) = (String(letters), chance.int(in: 1...20))
            #expect(text.simpleColumns == letters.count)
            let isFolded = letters.count > width
            #expect(
                text.wrapped(to: width) == (isFolded ? text.foldedCharacters(to: width) : [text]), "\(text) \(width)")
        }
    }

    /// A text of which each part is by itself what another part may change: marks, joiners, wide and narrow characters.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `wrap any text as its characters say`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        let pieces = [
            "a", "b", " ", " ", "中", "文", "。", "मु", "ख्य", "\u{301}", "\u{200D}", "👍🏽", "👩‍👩‍👧", "🇩🇪", "é", "한", "ア", "—", "ا",
            "❤️", "\u{FE0F}",
        ]
        for _ in 0..<200 {
            let text = (0..<chance.int(in: 0...40)).map { _ in pieces[chance.int(in: 0...pieces.count - 1)] }.joined()
            let width = chance.int(in: 2...20)
            let expected = text.columns > width ? text.foldedCharacters(to: width) : [text]
            #expect(text.wrapped(to: width) == expected, "\(text) \(width)")
        }
    }

    /// What the short ways look at is what the long ones find.
    @Test func `count the columns of each character as its properties say`() {
        for scalar in (UInt32(0x20)..<0xFFFF).compactMap(Unicode.Scalar.init) {
            let text = String(scalar) + "x"
            if let columns = text.simpleColumns {
                #expect(columns == text.reduce(0) { $0 + $1.columns }, "\(scalar.value)")
            }
            let isMisleading =
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .format: true
                default: false
                }
            if !isMisleading { #expect(!scalar.needsCare) }
            if scalar.needsCare { #expect(text.simpleColumns == nil || text.sanitised(.line) != text) }
        }
        #expect("e\u{301}".simpleColumns == nil && "a\u{AD}b".simpleColumns == nil && "日".simpleColumns == nil)
    }

    @Test func `line up in a table`() {
        var table = Table([.fitting("ID"), .flexible("NAME"), .fitting("N")])
        table.add(["a1", "日本語", "3"])
        table.add(["b22", "x\ny", "12"])
        #expect(table.lines(width: nil, ansi: .plain) == ["ID   NAME    N", "a1   日本語  3", "b22  x y     12"])
    }

    @Test func `of a table give way where the terminal is narrow`() {
        var table = Table([.fitting("ID"), .flexible("NAME")])
        table.add(["a", "a rather long name for it"])
        #expect(table.lines(width: 20, ansi: .plain) == ["ID  NAME", "a   a rather long n…"])
    }

    /// A table of conversations, with names of all kinds.
    private static let list: Table = {
        var table = Table([
            .fitting("ID"), .flexible("NAME"), .flexible("MODEL", rank: 4), .fitting("ENTRIES", rank: 3),
            .fitting("UPDATED", rank: 1), .flexible("NOTES", rank: 2),
        ])
        for name in ["short 0", "短い名前", String(repeating: "N", count: 120), String(repeating: "長い", count: 40)] {
            table.add(["0a8p2k3m4n5q6r7s", name, "mistral-medium-latest", "12", "12 min ago", "1 pending"])
        }
        return table
    }()

    @Test(arguments: 40...140)
    func `of a table are never wider than the terminal, and leave short cells whole`(width: Int) {
        let lines = Columns.list.lines(width: width, ansi: .plain)
        #expect(lines.allSatisfy { $0.columns <= width })
        #expect(lines[1].contains("0a8p2k3m4n5q6r7s  short 0"))
        #expect(lines[2].contains("0a8p2k3m4n5q6r7s  短い名前"))
    }

    @Test(arguments: [nil, 20, 40, 60, 80, 100, 140])
    func `of a table that is shown while its rows are read hold every row`(width: Int?) {
        func row(_ number: Int) -> [String] {
            ["0a8p2k3m4n5q6r7s", String(repeating: "n", count: number % 30), "model", String(number), "1 min ago", ""]
        }
        func titled() -> Table {
            Table([
                .fitting("ID"), .flexible("NAME"), .flexible("MODEL", rank: 4), .fitting("ENTRIES", rank: 3),
                .fitting("UPDATED", rank: 1), .flexible("NOTES", rank: 2),
            ])
        }
        var (whole, read, lines) = (titled(), titled(), [String]())
        for numbers in [980..<1010, 1010..<1010, 1010..<1200] {
            for number in numbers {
                whole.add(row(number))
                read.add(row(number))
            }
            lines += read.takeLines(width: width, ansi: .plain)
        }
        #expect(lines == whole.lines(width: width, ansi: .plain), "the first rows are as wide as any")
        read.add(["0a8p2k3m4n5q6r7s", String(repeating: "w", count: 70), "model", "7", "now", ""])
        let longer = read.takeLines(width: width, ansi: .plain)
        #expect(longer.count == 1 && longer[0].columns <= width ?? .max)
        #expect(width != nil || longer[0].contains(String(repeating: "w", count: 70)), "nothing is cut without need")
    }

    @Test func `of a table that are worth least are left out of a narrow terminal`() {
        func titles(_ width: Int) -> [Substring] {
            Columns.list.lines(width: width, ansi: .plain)[0].split(separator: " ")
        }
        #expect(titles(80) == ["ID", "NAME", "MODEL", "ENTRIES", "UPDATED", "NOTES"])
        #expect(titles(60) == ["ID", "NAME", "ENTRIES", "UPDATED", "NOTES"])
        #expect(titles(40) == ["ID", "NAME", "UPDATED"])
        #expect(Columns.list.lines(width: 10, ansi: .plain).allSatisfy { $0.columns <= 10 })
    }
}

/// How text is wrapped, character by character: what the ways that read bytes must do, too.
extension String {
    func foldedCharacters(to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for character in self {
            // Spaces at a break are dropped.
            if character == " ", used + 1 > width || (line.isEmpty && !lines.isEmpty) {
                if !line.isEmpty { lines.append(line) }
                (line, used) = ("", 0)
                continue
            }
            if used + character.columns > width {
                let (head, tail) = line.brokenAtLastSpace()
                lines.append(head)
                (line, used) = (tail, tail.columns)
            }
            line.append(character)
            used += character.columns
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private func brokenAtLastSpace() -> (head: String, tail: String) {
        guard let space = lastIndex(of: " "), space != startIndex, !self[..<space].allSatisfy({ $0 == " " }) else {
            return (self, "")
        }
        return (String(self[..<space]), String(self[index(after: space)...]))
    }
}
