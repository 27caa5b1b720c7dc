/// Writes blocks as Markdown that says the same wherever it stands: no text of a message can begin a heading of the
/// document, leave its fence, or become HTML.
///
/// Code is written as it came. Headings become deeper by ``headingOffset`` levels, so that those of the document are its own.
enum MarkdownEmitter {
    /// The document's own headings have the levels 1 and 2.
    static let headingOffset = 2

    /// The Markdown of a message's text, with a line end behind each line.
    static func markdown(of text: String) -> String {
        String(
            decoding: lines(of: MarkdownParser.blocks(of: VisibleText.block(text))).flatMap { $0 + [newline] },
            as: UTF8.self)
    }

    /// Fenced code: the fence is longer than any in the text.
    static func fenced(_ text: String, language: String = "") -> String {
        let lines = Array(VisibleText.block(text).utf8).split(separator: newline, omittingEmptySubsequences: false)
        return String(decoding: fenced(lines, language).flatMap { $0 + [newline] }, as: UTF8.self)
    }

    /// A text of one line in which nothing is markup, for headings and names.
    static func literal(_ text: String) -> String {
        var result = ""
        for scalar in VisibleText.line(text).unicodeScalars {
            if "\\`*_{}[]<>#|~!&$".unicodeScalars.contains(scalar) { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    private static let newline = UInt8(ascii: "\n")

    /// The lines of blocks; in an item of a tight list, a list may follow a paragraph without a blank line.
    private static func lines(of blocks: [MarkdownBlock], isTight: Bool = false) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for (number, block) in blocks.enumerated() {
            if number > 0, !isTight || !follows(block, blocks[number - 1]) { lines.append([]) }
            lines += self.lines(of: block)
        }
        return lines
    }

    /// Whether the block, a list that can interrupt a paragraph, stands behind one.
    private static func follows(_ block: MarkdownBlock, _ previous: MarkdownBlock) -> Bool {
        guard case .paragraph = previous, case .list(let kind, _, let items) = block, items.first?.isEmpty == false
        else { return false }
        if case .numbers(let first, _) = kind { return first == 1 }
        return true
    }

    private static func lines(of block: MarkdownBlock) -> [[UInt8]] {
        switch block {
        case .paragraph(let text): return paragraph(text)
        case .heading(let level, let text):
            let mark = [UInt8](repeating: UInt8(ascii: "#"), count: min(6, level + headingOffset))
            return [text.isEmpty ? mark : mark + [UInt8(ascii: " ")] + InlineEscape.escaped(Array(text))]
        case .code(let language, let code): return fenced(code, language)
        case .rule: return [Array("___".utf8)]
        case .quote(let blocks):
            return lines(of: blocks).map { $0.isEmpty ? [UInt8(ascii: ">")] : Array("> ".utf8) + $0 }
        case .list(let kind, let isLoose, let items): return list(kind, isLoose, items)
        }
    }

    private static func list(_ kind: MarkdownBlock.ListKind, _ isLoose: Bool, _ items: [[MarkdownBlock]]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for (number, item) in items.enumerated() {
            if number > 0, isLoose { lines.append([]) }
            let marker: [UInt8]
            switch kind {
            case .bullets(let bullet): marker = [bullet]
            case .numbers(let first, let delimiter):
                marker = Array(String(min(first + number, 999_999_999)).utf8) + [delimiter]
            }
            let indent = [UInt8](repeating: UInt8(ascii: " "), count: marker.count + 1)
            // A blank first line would end the item.
            let content = self.lines(of: item, isTight: !isLoose)
            lines.append(marker + (content.first.map { $0.isEmpty ? [] : [UInt8(ascii: " ")] + $0 } ?? []))
            lines += content.dropFirst().map { $0.isEmpty ? [] : indent + $0 }
        }
        return lines
    }

    private static func fenced(_ code: [MarkdownText], _ language: String) -> [[UInt8]] {
        let longest = code.map(longestRun).max() ?? 0
        let fence = [UInt8](repeating: UInt8(ascii: "`"), count: max(3, longest + 1))
        return [fence + Array(language.utf8)] + code.map { Array($0) } + [fence]
    }

    private static func longestRun(_ line: MarkdownText) -> Int {
        var (run, longest) = (0, 0)
        for byte in line {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    /// The lines of a paragraph, none of which begins another block.
    private static func paragraph(_ text: [MarkdownText]) -> [[UInt8]] {
        // From the last line on: a label that defines a link's target may begin lines before its `]:`.
        var (lines, hasDefinition) = ([[UInt8]](), false)
        for line in text.reversed() {
            hasDefinition = hasDefinition || endsLabel(line)
            let isLabel = hasDefinition && MarkdownLine(line).content.first == UInt8(ascii: "[")
            lines.append(isLabel ? [UInt8(ascii: "\\")] + line : escapedStart(line))
        }
        let joined = Array(lines.reversed().joined(separator: [newline]))
        return InlineEscape.escaped(joined).split(separator: newline, omittingEmptySubsequences: false).map {
            Array($0)
        }
    }

    /// A line of text with a backslash before what would begin a block.
    private static func escapedStart(_ line: MarkdownText) -> [UInt8] {
        let parsed = MarkdownLine(line)
        guard let first = parsed.content.first else { return Array(line) }
        if let marker = parsed.marker, case .numbers = marker.kind {
            let digits = line.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ")") }
            return Array(digits) + [UInt8(ascii: "\\")] + line.dropFirst(digits.count)
        }
        let isUnderline = line.allSatisfy { $0 == first || MarkdownLine.isSpace($0) } && "=-".utf8.contains(first)
        let isBlock =
            parsed.marker != nil || parsed.heading != nil || parsed.isRule || parsed.fence != nil || isUnderline
            || first == UInt8(ascii: ">") || first == UInt8(ascii: "<")
        return isBlock ? [UInt8(ascii: "\\")] + line : Array(line)
    }

    /// Whether a label that defines the target of links elsewhere in the document (`[name]: target`) may end in the line.
    private static func endsLabel(_ line: MarkdownText) -> Bool {
        zip(line, line.dropFirst()).contains { $0 == UInt8(ascii: "]") && $1 == UInt8(ascii: ":") }
    }
}
