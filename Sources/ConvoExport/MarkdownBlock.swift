/// A block of a message's Markdown, as far as documents render it.
///
/// Everything else (HTML, footnotes, directives) is text.
indirect enum MarkdownBlock: Equatable {
    /// Lines of running text, without the blanks before them.
    case paragraph([MarkdownText])
    case heading(level: Int, MarkdownText)
    /// Text that is shown as it is written; the lines without their ends.
    case code(language: String, [MarkdownText])
    case list(ListKind, isLoose: Bool, items: [[MarkdownBlock]])
    case quote([MarkdownBlock])
    case rule

    enum ListKind: Equatable {
        case bullets(UInt8)
        case numbers(first: Int, delimiter: UInt8)
    }
}

/// A line of a message, or a part of one, in UTF-8.
typealias MarkdownText = ArraySlice<UInt8>

/// Reads blocks of Markdown: the part of CommonMark that models write.
///
/// It never fails: what it does not know is a paragraph. It reads each line once for each level of nesting, of which there
/// are at most ``depthLimit``.
struct MarkdownParser {
    /// The deepest nesting of lists and quotes that is read; what lies deeper is code.
    static let depthLimit = 12
    private static let tabWidth = 4

    private let lines: [MarkdownText]
    private let depth: Int
    private var index = 0
    private var blocks: [MarkdownBlock] = []
    /// Whether a blank line stands between two of the blocks.
    private(set) var hasGap = false

    /// The blocks of a text whose lines end with LF, and which has no control characters.
    static func blocks(of text: String) -> [MarkdownBlock] {
        let lines = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return blocks(of: lines, depth: 0).blocks
    }

    private static func blocks(of lines: [MarkdownText], depth: Int) -> (blocks: [MarkdownBlock], hasGap: Bool) {
        guard depth < depthLimit else { return ([.code(language: "", lines)], false) }
        var parser = MarkdownParser(lines: lines, depth: depth)
        while parser.index < lines.count { parser.readBlock() }
        return (parser.blocks, parser.hasGap)
    }

    private init(lines: [MarkdownText], depth: Int) {
        self.lines = lines
        self.depth = depth
    }

    private mutating func readBlock() {
        let line = MarkdownLine(lines[index])
        if line.isBlank {
            index += 1
        } else {
            if index > 0, MarkdownLine(lines[index - 1]).isBlank, !blocks.isEmpty { hasGap = true }
            if line.indent >= MarkdownParser.tabWidth {
                readIndentedCode()
            } else if let fence = line.fence {
                readFencedCode(fence, indent: line.indent)
            } else if let (level, text) = line.heading {
                blocks.append(.heading(level: level, text))
                index += 1
            } else if line.isRule {
                blocks.append(.rule)
                index += 1
            } else if line.content.first == UInt8(ascii: ">") {
                readQuote()
            } else if let marker = line.marker {
                readList(marker)
            } else {
                readParagraph()
            }
        }
    }

    private mutating func readIndentedCode() {
        var code: [MarkdownText] = []
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            guard line.isBlank || line.indent >= MarkdownParser.tabWidth else { break }
            code.append(MarkdownLine.outdented(lines[index], by: MarkdownParser.tabWidth))
            index += 1
        }
        while let last = code.last, MarkdownLine(last).isBlank {
            code.removeLast()
            index -= 1
        }
        blocks.append(.code(language: "", code))
    }

    private mutating func readFencedCode(_ fence: MarkdownLine.Fence, indent: Int) {
        index += 1
        var code: [MarkdownText] = []
        var isClosed = false
        while index < lines.count, !isClosed {
            let line = MarkdownLine(lines[index])
            isClosed = line.closes(fence)
            if !isClosed { code.append(MarkdownLine.outdented(lines[index], by: indent)) }
            index += 1
        }
        // Without a closing fence, the blank lines at the end are the message's, not the code's.
        while !isClosed, let last = code.last, MarkdownLine(last).isBlank { code.removeLast() }
        blocks.append(.code(language: fence.language, code))
    }

    private mutating func readQuote() {
        var quoted: [MarkdownText] = []
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            guard line.indent < MarkdownParser.tabWidth, line.content.first == UInt8(ascii: ">") else { break }
            var rest = line.content.dropFirst()
            if rest.first == UInt8(ascii: " ") { rest = rest.dropFirst() }
            quoted.append(rest)
            index += 1
        }
        blocks.append(.quote(MarkdownParser.blocks(of: quoted, depth: depth + 1).blocks))
    }

    private mutating func readList(_ first: MarkdownLine.Marker) {
        var items: [[MarkdownBlock]] = []
        var isLoose = false
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            guard line.indent < MarkdownParser.tabWidth, let marker = line.marker, marker.kind.continues(first.kind),
                !line.isRule
            else { break }
            let item = readItem(marker, indent: line.indent)
            let (blocks, hasGap) = MarkdownParser.blocks(of: item, depth: depth + 1)
            items.append(blocks)
            isLoose = isLoose || hasGap
            // A blank line before the next item makes the list loose.
            var next = index
            while next < lines.count, MarkdownLine(lines[next]).isBlank { next += 1 }
            guard next < lines.count, next > index else { continue }
            let following = MarkdownLine(lines[next])
            guard following.indent < MarkdownParser.tabWidth, !following.isRule,
                following.marker?.kind.continues(first.kind) == true
            else { break }
            isLoose = true
            index = next
        }
        blocks.append(.list(first.kind, isLoose: isLoose, items: items))
    }

    /// The lines of one item without the marker and the indentation; trailing blank lines are left.
    private mutating func readItem(_ marker: MarkdownLine.Marker, indent: Int) -> [MarkdownText] {
        var item = [marker.content]
        let offset = indent + marker.width
        index += 1
        var end = index
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            if line.isBlank {
                item.append([])
            } else if line.indent >= offset {
                item.append(MarkdownLine.outdented(lines[index], by: offset))
                end = index + 1
            } else {
                break
            }
            index += 1
        }
        item.removeLast(index - end)
        index = end
        return item
    }

    private mutating func readParagraph() {
        var text: [MarkdownText] = []
        while index < lines.count {
            let line = MarkdownLine(lines[index])
            if line.isBlank { break }
            if !text.isEmpty {
                if let level = line.underline {
                    index += 1
                    let joined = Array(text.joined(separator: [UInt8(ascii: " ")]))
                    return blocks.append(.heading(level: level, joined[...]))
                }
                if line.interruptsParagraph { break }
            }
            text.append(line.content)
            index += 1
        }
        blocks.append(.paragraph(text))
    }
}

extension MarkdownBlock.ListKind {
    /// Whether an item of this kind belongs to a list of another.
    fileprivate func continues(_ other: MarkdownBlock.ListKind) -> Bool {
        switch (self, other) {
        case (.bullets(let one), .bullets(let other)): one == other
        case (.numbers(_, let one), .numbers(_, let other)): one == other
        default: false
        }
    }
}
