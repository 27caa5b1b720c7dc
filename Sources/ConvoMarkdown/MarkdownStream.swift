import CMarkdown
import ConvoTerminal

/// Markdown that is laid out while it comes, such as a model's answer.
///
/// Each block is given once nothing that follows can change it: a paragraph with the blank line behind it, a list with the block
/// behind it, and code line by line. The lines are those of ``MarkdownRenderer/lines(of:)`` for the whole text, wherever it was
/// cut; one thing is known in the whole text only: where `[words][name]` leads, if `[name]: …` stands in another block.
package struct MarkdownStream: Sendable {
    private var renderer: MarkdownRenderer
    /// The line that has no end yet.
    private var rest = ""
    /// The lines that are not final.
    private var pending = ""
    /// Whether what is pending ends with a list, or with another block that a blank line does not end.
    private var isOpenAtBlank = false
    private var isBehindBlank = false
    /// Whether a fence in what is pending was found to be no block of its own; it is not looked for again.
    private var isInnerFence = false
    private var fence: Fence?
    private var isEmpty = true

    /// Makes a stream without text.
    package init(_ style: MarkdownStyle) { renderer = MarkdownRenderer(style) }

    /// Adds text.
    ///
    /// - Parameter text: the next part of the text, cut anywhere.
    /// - Returns: the lines that are final now, without their ends.
    package mutating func append(_ text: String) -> [String] {
        rest += text
        var lines: [String] = []
        if text.utf8.contains(0x0A) {
            let parts = rest.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
            rest = parts.last ?? ""
            for line in parts.dropLast() { lines += add(line) }
        }
        if rest.utf8.count > MarkdownLimits.partBytes {
            pending += rest
            rest = ""
            lines += flush()
        }
        return lines
    }

    /// How many bytes of text were not given yet.
    package var unfinishedBytes: Int { pending.utf8.count + rest.utf8.count }

    /// Lays out what follows, and what was not given yet, in another style.
    package mutating func use(_ style: MarkdownStyle) { renderer = MarkdownRenderer(style) }

    /// The lines of what was not given yet, as they would be if the text ended here.
    package var draft: [String] {
        var copy = self
        return copy.finish()
    }

    /// Ends the text.
    ///
    /// - Returns: the lines that were not given yet; the stream is then as a new one.
    package mutating func finish() -> [String] {
        let last = rest.isEmpty ? [] : add(rest)
        let lines = last + flush() + endFence()
        self = MarkdownStream(renderer.style)
        return lines
    }

    private mutating func add(_ line: String) -> [String] {
        if let fence { return fence.isClosed(by: line) ? endFence() : renderer.code.broken([fence.content(of: line)]) }
        let isBlank = line.utf8.allSatisfy { $0 <= 0x20 }
        defer { isBehindBlank = isBlank }
        var lines: [String] = []
        if isOpenAtBlank, isBehindBlank, !isBlank, !MarkdownStream.mayContinue(line) { lines += flush() }
        pending += line + "\n"
        if pending.utf8.count > MarkdownLimits.partBytes { return lines + flush() }
        if isBlank, !isOpenAtBlank { return lines + settle() }
        if !isInnerFence, Fence(line) != nil { return lines + openFence() }
        return lines
    }

    /// Whether a line behind a blank one may belong to a list before it, or to indented code.
    private static func mayContinue(_ line: String) -> Bool {
        guard let first = line.utf8.first else { return true }
        return [UInt8(ascii: " "), 0x09, UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+")].contains(first)
            || (0x30...0x39).contains(first)
    }

    /// Gives all pending blocks but the last one, if that is not over.
    private mutating func settle() -> [String] {
        guard let tree = CMarkTree(pending), let last = tree.root.children.last else {
            pending = ""
            return []
        }
        switch last.kind {
        case "code_block" where last.isFenced: return replay(from: last)
        case "list", "html_block", "code_block":
            let lines = give(tree.root.children.dropLast().flatMap { $0.blocks(depth: 0) })
            pending = pending.lines(from: last.firstLine)
            isOpenAtBlank = true
            return lines
        default: return flush()
        }
    }

    /// Begins a block of code where the last pending line is its fence.
    private mutating func openFence() -> [String] {
        guard let tree = CMarkTree(pending), let last = tree.root.children.last, last.isFenced,
            last.firstLine == pending.utf8.count(where: { $0 == 0x0A })
        else {
            isInnerFence = true
            return []
        }
        return replay(from: last)
    }

    /// Gives what stands before a block of code, and reads the block again line by line.
    private mutating func replay(from code: CMarkNode) -> [String] {
        let language = code.language
        let text = pending.lines(from: code.firstLine)
        let block = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.dropLast()
        pending = String(Substring(pending.utf8.dropLast(text.utf8.count)))
        var lines = flush()
        guard let first = block.first, let opened = Fence(first) else { return lines }
        fence = opened
        lines += separated(renderer.code.head(language))
        for line in block.dropFirst() { lines += add(line) }
        return lines
    }

    private mutating func endFence() -> [String] {
        guard fence.take() != nil else { return [] }
        return renderer.code.foot
    }

    /// Gives all that is pending.
    private mutating func flush() -> [String] {
        defer { (pending, isOpenAtBlank, isInnerFence) = ("", false, false) }
        if pending.utf8.count > MarkdownLimits.partBytes { return separated(renderer.plainLines(of: pending)) }
        return pending.isEmpty ? [] : give(MarkdownTree(pending).blocks)
    }

    private mutating func give(_ blocks: [MarkdownTree.Block]) -> [String] { separated(renderer.lines(of: blocks)) }

    /// The lines behind a blank one, if others come before them.
    private mutating func separated(_ lines: [String]) -> [String] {
        if lines.isEmpty, fence == nil { return [] }
        defer { isEmpty = false }
        return isEmpty ? lines : [""] + lines
    }
}

/// The line that begins a block of code.
private struct Fence: Sendable {
    private let mark: UInt8
    private let length: Int
    private let indent: Int

    /// Takes a line; `nil` where it does not look like a fence.
    init?(_ line: String) {
        indent = line.utf8.prefix { $0 == UInt8(ascii: " ") }.count
        guard indent <= 3, let mark = line.utf8.dropFirst(indent).first,
            mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")
        else { return nil }
        length = line.utf8.dropFirst(indent).prefix { $0 == mark }.count
        guard length >= 3 else { return nil }
        self.mark = mark
    }

    /// Whether a line ends the code.
    func isClosed(by line: String) -> Bool {
        guard let other = Fence(line), other.mark == mark, other.length >= length else { return false }
        return line.utf8.dropFirst(other.indent + other.length).allSatisfy { $0 <= 0x20 }
    }

    /// A line of the code, without the indent of the fence.
    func content(of line: String) -> String {
        let spaces = line.utf8.prefix(indent).prefix { $0 == UInt8(ascii: " ") }.count
        var text = Substring(line.utf8.dropFirst(spaces))
        if text.utf8.last == 0x0D { text = Substring(text.utf8.dropLast()) }
        return String(text).sanitised(.block).withoutTabs
    }
}

extension CMarkNode {
    /// Whether the node is code between fences.
    fileprivate var isFenced: Bool {
        var (length, offset, mark): (Int32, Int32, CChar) = (0, 0, 0)
        return kind == "code_block" && cmark_node_get_fenced(pointer, &length, &offset, &mark) != 0
    }
}

extension MarkdownRenderer {
    /// The layout of code that stands in no list and no quote.
    fileprivate var code: CodeLayout { CodeLayout(style, width: style.wideWidth) }
}

extension String {
    /// The text from a line on, counted from 1.
    fileprivate func lines(from number: Int) -> String {
        var (start, line) = (utf8.startIndex, 1)
        while line < number, let end = utf8[start...].firstIndex(of: 0x0A) {
            (start, line) = (utf8.index(after: end), line + 1)
        }
        return String(self[start...])
    }
}
