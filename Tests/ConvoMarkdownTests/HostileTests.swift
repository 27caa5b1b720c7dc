import ConvoPlatform
import ConvoTerminal
import Testing

@testable import ConvoMarkdown

/// Texts for which cmark needs a time that grows with the square of their length, and texts that are only long.
@Suite struct `A hostile text` {
    static let pieces: [(start: String, middle: String, end: String)] = [
        ("[", "", ""), ("[", "a", "]"), ("![[]()", "", ""), ("> ", "a", ""), (">", "", ""), ("- ", "a", ""),
        ("*a ", "", ""),
        ("*a **a ", "", ""), ("**x", "", "x**"), ("`a``b```c", "", ""), ("<a", "", ""), ("<!--", "", ""),
        ("<?", "", ""),
        ("|a", "\n|-\n", "|x"), ("a|", "\n", "-|"), ("www._", "", ""), ("a@", "", ""), ("www.a.b", "", ")"),
        ("http://a_", "", ""), ("~~a ", "", ""), ("[a](", "", ""), ("[a]: b\n", "", ""), ("&#", "", ""), ("\n", "", ""),
        ("- a\n\n", "", ""), ("```\n", "", ""), ("- a\n  ```\n", "", ""), ("a\n\n", "", ""), ("\u{1B}[2J", "", ""),
        ("\u{301}", "", ""), ("中", "", ""), ("1. ", "", ""), ("<!--\n```\n", "", ""), (" ", "x", ""),
    ]

    private func text(_ index: Int, bytes: Int) -> String {
        let (start, middle, end) = `A hostile text`.pieces[index]
        let count = bytes / (start + end).utf8.count - 8
        return String(repeating: start, count: count) + middle + String(repeating: end, count: count)
    }

    /// Without the limits one of them takes three seconds of the processor's time, and another one a minute.
    @Test(arguments: pieces.indices)
    func `is parsed in a bounded time`(index: Int) {
        let text = text(index, bytes: MarkdownLimits.partBytes)
        let start = processorTime()
        let tree = CMarkTree(text)
        #expect(tree != nil)
        #expect(processorTime() - start < .milliseconds(1500))
    }

    @Test(arguments: pieces.indices)
    func `is laid out within the width`(index: Int) {
        check(rendered(text(index, bytes: 4096), 40), 40, "\(index)")
    }

    /// The time that this thread has run, which does not grow while others run.
    private func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// 64 kB of these would be 85 million cells.
    @Test func `makes no table of more cells than the limit`() {
        let columns = 8000
        let head = String(repeating: "a|", count: columns) + "\n" + String(repeating: "-|", count: columns) + "\n"
        let text = head + String(repeating: "a\n", count: 10_000)
        #expect(text.utf8.count <= MarkdownLimits.partBytes)
        #expect(!MarkdownLimits.extensions(for: text).contains("table"))
        #expect(rendered(text, 40).count > 10_000)
        #expect(MarkdownLimits.extensions(for: "|a|b|\n|-|-|\n|1|2|\n").contains("table"))
    }

    @Test func `that is too long is shown as it stands`() {
        let text = String(repeating: "# [a](b) \u{1B}[2J ", count: MarkdownLimits.textBytes / 14 + 1)
        #expect(text.utf8.count > MarkdownLimits.textBytes)
        let lines = rendered(text, 80)
        #expect(lines[0].hasPrefix("# [a](b) ␛[2J"))
        check(lines, 80, "long")
    }

    @Test func `in parts that are too long is shown as it stands, and not held`() {
        var stream = MarkdownStream(MarkdownStyle(ansi: .plain, width: 80))
        let part = String(repeating: "- a\n\n", count: MarkdownLimits.partBytes / 5)
        #expect(stream.append(part).isEmpty)
        #expect(!stream.append(part).isEmpty)
        #expect(!stream.append(String(repeating: "x", count: MarkdownLimits.partBytes + 1)).isEmpty)
    }

    @Test func `keeps no more of its nesting than the limit, and all of its words`() {
        let text = String(repeating: "> - ", count: 2000) + "deep"
        let lines = rendered(text, 80)
        #expect(lines.count < 50)
        #expect(lines.joined().contains("deep"))
    }
}
