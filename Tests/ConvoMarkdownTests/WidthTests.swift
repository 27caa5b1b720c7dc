import ConvoTerminal
import SeededRandom
import Testing

@testable import ConvoMarkdown

/// What a terminal does not obey and no line may be wider than.
func check(_ lines: [String], _ width: Int, _ about: String) {
    for line in lines {
        let shown = withoutOurSequences(line)
        #expect(shown.columns <= width, "\(about): \(shown)")
        #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }, "\(about)")
    }
}

/// A line without the sequences that the styles make; what else a text brings is left in it.
private func withoutOurSequences(_ line: String) -> String {
    line.replacing(#/\u{1B}\[[0-9;]*m|\u{1B}\]8;[!-~]*\u{1B}\\/#.matchingSemantics(.unicodeScalar), with: "")
}

@Suite struct `A rendered line` {
    static let sample = """
        # Überschrift with *style* 标题很长需要换行 हिन्दी शीर्षक

        Text 👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ e\u{301}, &#27;[31m and \u{1B}[2J\u{9B}31m\u{202E}abc and `co de`.
        - 中文段落没有空格，所以必须在字符之间换行。「引号」（括号）。
          - العربية: مرحبا بالعالم هذا نص طويل بعض الشيء لا يتسع له سطر واحد
            1. मुख्य काम यह है कि हर पंक्ति टर्मिनल की चौड़ाई में समा जाए
        > quoted https://example.org/a/very/long/path/that/does/not/fit/into/a/line?with=a&query=too
        >> [link](https://example.org/x) ![image](y.png)

        ```swift
        let x = "一行很长的代码，不能在空格处换行" // \tand a tab, and more than fits into the line
        ```

        | 语言 | text | हिन्दी | n |
        |:-----|:---:|---|--:|
        | 中文保存和搜索的结果 | a b c d e f g h i j k l m n | नमस्ते दुनिया, यह एक लंबा वाक्य है | 22 |
        | | `code` **bold** | x | 1 |
        """

    @Test(arguments: [40, 80, 200, 8, 20, 1], [ANSIStyle.plain, .coloured])
    func `is never wider than the terminal`(width: Int, ansi: ANSIStyle) {
        let lines = rendered(WidthSample.text, width, ansi: ansi)
        #expect(lines.count > 15)
        check(lines, max(width, MarkdownStyle.leastWidth), "\(width)")
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `is never wider than the terminal, whatever the text`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let text = WidthSample.any(&chance)
            let width = chance.int(in: 8...60)
            check(rendered(text, width, ansi: chance.int(in: 0...1) == 0 ? .plain : .coloured), width, text)
        }
    }
}

enum WidthSample {
    static var text: String { `A rendered line`.sample }

    private static let pieces = [
        "a", "word ", "中文", "हिन्दी", "👩‍👩‍👧‍👦", " ", "\n", "\n\n", "# ", "- ", "  ", "    ", "1. ", "> ", "```\n", "~~~", "`",
        "*",
        "**", "_", "~~", "[", "](", ")", "![", "|", "|-|-|\n", "\n|", "https://a.b/c ", "<b>", "<!-- ", "-->", "---\n",
        "\t",
        "\u{1B}[31m", "&#27;", "\u{301}", "\u{200D}", "[ ] ", "x@y.z ", "\r\n", "www.a.b", "\\", "0123456789",
    ]

    /// A text of pieces that mean something to Markdown.
    static func any(_ chance: inout SplitMix64) -> String {
        (0..<chance.int(in: 0...60)).map { _ in pieces[chance.int(in: 0...pieces.count - 1)] }.joined()
    }
}
