import ConvoTerminal

/// Lays out Markdown as the lines of a terminal.
///
/// No line is wider than the style allows, whatever the text is, and no escape sequence comes from the text. The work is bounded
/// (``MarkdownLimits``): a text that is too long is broken into lines, and shown as it stands.
package struct MarkdownRenderer: Sendable {
    let style: MarkdownStyle

    /// Makes a renderer.
    package init(_ style: MarkdownStyle) { self.style = style }

    /// The lines of a text, without their ends.
    ///
    /// - Parameter text: any text.
    /// - Returns: the lines; none for a text without content.
    package func lines(of text: String) -> [String] {
        guard text.utf8.count <= MarkdownLimits.textBytes else { return plainLines(of: text) }
        if text.utf8.count <= MarkdownLimits.partBytes { return lines(of: MarkdownTree(text).blocks) }
        var stream = MarkdownStream(style)
        return stream.append(text) + stream.finish()
    }

    /// The lines of a text that is shown as it stands.
    func plainLines(of text: String) -> [String] {
        text.sanitised(.block).split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { String($0).withoutTabs.wrapped(to: style.width) }
    }

    func lines(of blocks: [MarkdownTree.Block]) -> [String] { lines(of: blocks, inset: 0) }

    /// The lines of blocks.
    ///
    /// - Parameters:
    ///   - blocks: the blocks.
    ///   - inset: how many columns what stands to the left takes.
    ///   - isTight: whether no blank line stands between them.
    /// - Returns: the lines.
    private func lines(of blocks: [MarkdownTree.Block], inset: Int, isTight: Bool = false) -> [String] {
        var lines: [String] = []
        for block in blocks {
            let more = self.lines(of: block, inset: inset)
            guard !more.isEmpty else { continue }
            if !lines.isEmpty, !isTight { lines.append("") }
            lines += more
        }
        return lines
    }

    private func lines(of block: MarkdownTree.Block, inset: Int) -> [String] {
        let width = max(MarkdownStyle.leastWidth, style.width - inset)
        let wide = max(width, style.wideWidth - inset)
        switch block {
        case .paragraph(let spans): return painted(spans, width)
        case .heading(let level, let spans): return heading(level, spans, width)
        case .quote(let blocks):
            let bar = style.ansi.faint("│") + " "
            return prefixed(blocks, inset, first: bar, rest: bar, columns: 2)
        case .list(let list): return lines(of: list, inset)
        case .code(let language, let code): return CodeLayout(style, width: wide).lines(of: code, in: language)
        case .html(let text): return CodeLayout(style, width: wide).broken(text, indent: "").map(style.ansi.faint)
        case .table(let table): return TableLayout(style, width: wide).lines(of: table)
        case .rule: return [style.ansi.faint(String(repeating: "─", count: width))]
        }
    }

    private func painted(_ spans: [MarkdownTree.Span], _ width: Int, isBold: Bool = false) -> [String] {
        guard !spans.isEmpty else { return [] }
        return SpanLines.broken(style.written(spans), to: width).map { style.painted($0, isBold: isBold) }
    }

    private func heading(_ level: Int, _ spans: [MarkdownTree.Span], _ width: Int) -> [String] {
        guard !spans.isEmpty else { return [] }
        guard style.ansi.isColoured else {
            let mark = String(repeating: "#", count: level) + " "
            return painted([MarkdownTree.Span(text: mark)] + spans, width)
        }
        let lines = painted(spans, width, isBold: true)
        return level == 1 ? lines.map(style.ansi.underlined) : lines
    }

    private func lines(of list: MarkdownTree.List, _ inset: Int) -> [String] {
        let numbers = list.start.map { start in list.items.indices.map { String(start &+ $0) + "." } }
        let columns = (numbers?.map(\.utf8.count).max() ?? 1) + 1
        var lines: [String] = []
        for (place, item) in list.items.enumerated() {
            if place > 0, !list.isTight { lines.append("") }
            let mark = item.isDone.map { $0 ? "☑" : "☐" } ?? numbers?[place] ?? "•"
            let first = String(repeating: " ", count: columns - 1 - mark.columns) + style.ansi.faint(mark) + " "
            let rest = String(repeating: " ", count: columns)
            lines += prefixed(item.blocks, inset, first: first, rest: rest, columns: columns, isTight: list.isTight)
        }
        return lines
    }

    /// Lines behind a prefix; without one where that would leave too few columns for a text.
    private func prefixed(
        _ blocks: [MarkdownTree.Block], _ inset: Int, first: String, rest: String, columns: Int, isTight: Bool = false
    ) -> [String] {
        guard style.width - inset - columns >= MarkdownStyle.leastWidth else {
            return lines(of: blocks, inset: inset, isTight: isTight)
        }
        let inner = lines(of: blocks, inset: inset + columns, isTight: isTight)
        guard !inner.isEmpty else { return [first.trimmed] }
        return inner.enumerated().map { place, line in
            let start = place == 0 ? first : rest
            return line.isEmpty ? start.trimmed : start + line
        }
    }
}

/// Lays out lines of code, which are never joined and never broken at a space.
struct CodeLayout {
    private static let continuation = "↪ "

    private let style: MarkdownStyle
    private let width: Int

    init(_ style: MarkdownStyle, width: Int) { (self.style, self.width) = (style, width) }

    func lines(of code: [String], in language: String) -> [String] {
        head(language) + broken(code) + foot
    }

    /// What stands to the left of code, unless fences show where it is.
    private var indent: String { style.ansi.isColoured ? "  " : "" }

    /// What stands above the code: its language, or the fence where nothing else would tell that it is code.
    func head(_ language: String) -> [String] {
        if !style.ansi.isColoured { return [("```" + language).truncated(to: width)] }
        return language.isEmpty ? [] : [style.ansi.faint(indent + language.truncated(to: width - indent.count))]
    }

    /// What stands below the code.
    var foot: [String] { style.ansi.isColoured ? [] : ["```"] }

    /// The lines, of which those that are too long go on behind a mark.
    func broken(_ code: [String], indent: String? = nil) -> [String] {
        let indent = indent ?? self.indent
        return code.flatMap { line -> [String] in
            let room = width - indent.count
            if line.isEmpty { return [""] }
            if line.columns <= room { return [indent + line] }
            let pieces = line.cut(to: room - CodeLayout.continuation.count)
            return pieces.enumerated().map { place, piece in
                indent + (place == 0 ? "" : style.ansi.faint(CodeLayout.continuation)) + piece
            }
        }
    }
}

extension String {
    /// The text without the spaces at its end.
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }

    /// The text in pieces of at most a number of columns.
    fileprivate func cut(to width: Int) -> [String] {
        var (pieces, piece, used) = ([String](), "", 0)
        for character in self {
            let columns = character.columns
            if used + columns > width, used > 0 {
                pieces.append(piece)
                (piece, used) = ("", 0)
            }
            piece.append(character)
            used += columns
        }
        return pieces + [piece]
    }
}
