import ConvoTerminal
import Testing

@Suite struct `Columns` {
    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("한글", 4), ("ｆｕｌｌ", 8), ("e\u{301}", 1), ("👩‍👩‍👧‍👦", 2), ("❤️", 2), ("❤", 1), ("🇩🇪", 2),
        ("👍🏽", 2), ("", 0), ("ก็", 1), ("…", 1), ("→", 1), ("１", 2),
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

    @Test func `line up in a table`() {
        var table = Table([.fitting("ID"), .flexible("NAME"), .fitting("N")])
        table.add(["a1", "日本語", "3"])
        table.add(["b22", "x\ny", "12"])
        #expect(table.lines(width: nil, ink: .plain) == ["ID   NAME    N", "a1   日本語  3", "b22  x y     12"])
    }

    @Test func `of a table give way where the terminal is narrow`() {
        var table = Table([.fitting("ID"), .flexible("NAME")])
        table.add(["a", "a rather long name for it"])
        #expect(table.lines(width: 20, ink: .plain) == ["ID  NAME", "a   a rather long n…"])
    }
}
