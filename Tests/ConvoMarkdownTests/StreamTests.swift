import ConvoTerminal
import SeededRandom
import Testing

@testable import ConvoMarkdown

@Suite struct `Markdown as it comes` {
    private let style = MarkdownStyle(ansi: .plain, width: 40)

    private func streamed(
        _ text: String, cutBy chance: inout SplitMix64, in style: MarkdownStyle? = nil
    ) -> [String] {
        var stream = MarkdownStream(style ?? self.style)
        var (lines, rest) = ([String](), Array(text.unicodeScalars)[...])
        while !rest.isEmpty {
            let count = chance.int(in: 1...min(rest.count, 12))
            var part = String.UnicodeScalarView()
            part.append(contentsOf: rest.prefix(count))
            lines += stream.append(String(part))
            rest = rest.dropFirst(count)
        }
        return lines + stream.finish()
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `is laid out as the whole is, wherever it is cut`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        let whole = MarkdownRenderer(style).lines(of: WidthSample.text)
        #expect(streamed(WidthSample.text, cutBy: &chance) == whole)
        let coloured = MarkdownStyle(ansi: .coloured, width: 40)
        let text = WidthSample.text + "\n\npara\n\n```\ncode\n```\n"
        #expect(streamed(text, cutBy: &chance, in: coloured) == MarkdownRenderer(coloured).lines(of: text))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `does not depend on where it is cut, whatever the text`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let text = WidthSample.any(&chance)
            var stream = MarkdownStream(style)
            let atOnce = stream.append(text) + stream.finish()
            #expect(streamed(text, cutBy: &chance) == atOnce, "\(text)")
        }
    }

    @Test func `gives each block when nothing can change it`() {
        var stream = MarkdownStream(style)
        #expect(stream.append("One ") == [])
        #expect(stream.append("two\n") == [])
        #expect(stream.append("\n- a\n\n") == ["One two"])
        #expect(stream.append("  b\n\n") == [])
        #expect(stream.append("Then\n") == ["", "• a", "", "  b"])
        #expect(stream.append("```c\nint") == ["", "Then", "", "```c"])
        #expect(stream.append(" a;\n\n```\n") == ["int a;", "", "```"])
        #expect(stream.append("End") == [])
        #expect(stream.finish() == ["", "End"])
        #expect(stream.finish() == [])
    }

    @Test func `ends a block of code that nobody closed`() {
        var stream = MarkdownStream(style)
        #expect(stream.append("```\na\n") == ["```", "a"])
        #expect(stream.finish() == ["```"])
    }
}
