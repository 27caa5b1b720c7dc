import ConvoTerminal
import Testing

@testable import ConvoMarkdown

func rendered(_ text: String, _ width: Int, ansi: ANSIStyle = .plain, hasHyperlinks: Bool = true) -> [String] {
    MarkdownRenderer(MarkdownStyle(ansi: ansi, width: width, hasHyperlinks: hasHyperlinks)).lines(of: text)
}

@Suite struct `Markdown on a terminal` {
    @Test(arguments: [
        ("# One\ntwo\nthree", ["# One", "", "two", "three"]),
        ("*a* **b** ~~d~~ `e`", ["*a* **b** ~~d~~ `e`"]), ("***c***", ["***c***"]),
        ("a\\\nb  \nc", ["a", "b", "c"]),
        ("- a\n- b\n  1. c\n\n     d", ["• a", "• b", "  1. c", "", "     d"]),
        ("9. a\n10. b", [" 9. a", "10. b"]),
        ("- [ ] a\n- [x] b", ["☐ a", "☑ b"]),
        ("> a\n>\n> b", ["│ a", "│", "│ b"]),
        ("```swift\nlet a = 1\n\n  b\n```", ["```swift", "let a = 1", "", "  b", "```"]),
        ("    \tx", ["```", "    x", "```"]),
        ("a\n\n---", ["a", "", "────────────────────"]),
        ("<b>x</b>\n\ny <i>z</i>", ["<b>x</b>", "", "y <i>z</i>"]),
        ("![a *plot*](p.png)", ["[image: a *plot*]", "(p.png)"]),
        ("[a](https://b.c/d)", ["a (https://b.c/d)"]),
        ("https://b.c/d", ["https://b.c/d"]),
        ("&amp; &#27; \\*", ["& ␛ *"]),
        ("", []), (" \n\n", []),
    ])
    func `is laid out`(text: String, lines: [String]) {
        #expect(rendered(text, 20) == lines)
    }

    @Test func `is broken at spaces, beside wide characters, and in words that are too long`() {
        #expect(rendered("one two three", 8) == ["one two", "three"])
        #expect(rendered("abcdefghijk", 8) == ["abcdefgh", "ijk"])
        #expect(rendered("中文段落没有空格。好", 16) == ["中文段落没有空", "格。好"])
        #expect(rendered("多行abc def", 8) == ["多行abc", "def"])
        #expect(rendered("पंक्ति चौड़ाई में", 8) == ["पंक्ति", "चौड़ाई में"])
    }

    @Test func `breaks code where it is too long, and nowhere else`() {
        #expect(rendered("```\naa bb cc dd\n```", 8) == ["```", "aa bb ", "↪ cc dd", "```"])
        #expect(rendered("- x\n\n      a\n", 20) == ["• x", "", "  ```", "  a", "  ```"])
    }

    @Test func `lays out a table in columns, in fewer ones, and as a list`() {
        let table = "| a | b |\n|---|--:|\n| one two | 1 |\n| x | 22 |"
        #expect(rendered(table, 20) == ["a       │  b", "────────┼───", "one two │  1", "x       │ 22"])
        let long = "| first | second |\n|---|---|\n| one two three four | x |"
        #expect(
            rendered(long, 20)
                == ["first       │ second", "────────────┼───────", "one two     │ x", "three four  │"])
        #expect(
            rendered("|a|b|c|d|\n|-|-|-|-|\n|eeeeeeee|ffffffff|gggggggg|h|", 16)
                == ["a: eeeeeeee", "b: ffffffff", "c: gggggggg", "d: h"])
    }

    @Test func `has styles where the terminal has`() {
        #expect(
            rendered("**b** *e*", 20, ansi: .coloured)
                == ["\u{1B}[1mb\u{1B}[22m \u{1B}[3me\u{1B}[23m"])
    }

    @Test func `has links that the terminal opens, and addresses where it does not or must not`() {
        func link(_ text: String) -> String { rendered(text, 60, ansi: .coloured).joined() }
        #expect(
            link("[a](https://b.c/ü)")
                == "\u{1B}]8;id=m1;https://b.c/%C3%BC\u{1B}\\\u{1B}[4ma\u{1B}[24m\u{1B}]8;;\u{1B}\\")
        #expect(!link("[a](javascript:x)").contains("]8;"))
        #expect(link("[a](javascript:x)").contains("(javascript:x)"))
        #expect(link("[https://bank.com](https://evil.org)").contains("(https://evil.org)"))
        #expect(!link("[a](https://b.c/\(String(repeating: "x", count: 3000)))").contains("]8;"))
        #expect(!rendered("[a](https://b.c)", 60, ansi: .coloured, hasHyperlinks: false).joined().contains("]8;"))
    }

    @Test func `shows no signed link`() {
        let url = "https://b.c/d?X-Amz-Signature=0123456789abcdef0123456789abcdef&X-Amz-Expires=3600"
        for text in ["[a](\(url))", url, "![a](\(url))", "<\(url)>"] {
            for ansi in [ANSIStyle.plain, .coloured] {
                #expect(!rendered(text, 200, ansi: ansi).joined().contains("0123456789abcdef"), "\(text)")
            }
        }
    }
}
