/// Renders blocks as HTML.
enum HTMLBlocks {
    /// The HTML of a message's text.
    static func html(of text: String) -> String {
        var output: [UInt8] = []
        append(MarkdownParser.blocks(of: VisibleText.block(text)), to: &output, isTight: false)
        return String(decoding: output, as: UTF8.self)
    }

    /// The HTML of a text that is shown as it is written.
    static func preformatted(_ text: String) -> String {
        "<pre><code>\(escaped(VisibleText.block(text)))\n</code></pre>\n"
    }

    /// A text with its markup escaped.
    static func escaped(_ text: String) -> String { String(decoding: HTMLInline.escaped(text.utf8), as: UTF8.self) }

    private static let newline = UInt8(ascii: "\n")

    /// Appends the HTML of blocks; in a tight list, paragraphs are shown without a gap around them.
    private static func append(_ blocks: [MarkdownBlock], to output: inout [UInt8], isTight: Bool) {
        func write(_ text: String) { output.append(contentsOf: text.utf8) }
        for block in blocks {
            switch block {
            case .paragraph(let lines):
                if let table = HTMLTable(lines) {
                    output += table.html
                    continue
                }
                if !isTight { write("<p>") }
                output += HTMLInline.html(of: Array(lines.joined(separator: [newline])))
                write(isTight ? "\n" : "</p>\n")
            case .heading(let level, let text):
                let tag = "h\(min(6, level + MarkdownEmitter.headingOffset))"
                write("<\(tag)>")
                output += HTMLInline.html(of: Array(text))
                write("</\(tag)>\n")
            case .code(_, let lines):
                write("<pre><code>")
                for line in lines { output += HTMLInline.escaped(line) + [newline] }
                write("</code></pre>\n")
            case .quote(let blocks):
                write("<blockquote>\n")
                append(blocks, to: &output, isTight: false)
                write("</blockquote>\n")
            case .rule: write("<hr>\n")
            case .list(let kind, let isLoose, let items):
                if case .numbers(let first, _) = kind { write("<ol start=\"\(first)\">\n") } else { write("<ul>\n") }
                for item in items {
                    write("<li>")
                    append(item, to: &output, isTight: !isLoose)
                    write("</li>\n")
                }
                if case .numbers = kind { write("</ol>\n") } else { write("</ul>\n") }
            }
        }
    }
}

/// A table as GitHub writes it: lines of cells between `|`, the second of which has dashes only.
private struct HTMLTable {
    private static let columnLimit = 100

    private let rows: [[[UInt8]]]

    /// `nil` where the lines of a paragraph are no table.
    init?(_ lines: [MarkdownText]) {
        guard lines.count >= 2, lines[0].contains(UInt8(ascii: "|")), lines[1].contains(UInt8(ascii: "|")) else {
            return nil
        }
        let rule = HTMLTable.cells(of: lines[1])
        let isRule = rule.allSatisfy { cell in
            cell.contains(UInt8(ascii: "-")) && cell.allSatisfy { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":") }
        }
        let head = HTMLTable.cells(of: lines[0])
        guard isRule, head.count == rule.count, head.count <= HTMLTable.columnLimit else { return nil }
        rows = [head] + lines.dropFirst(2).map { HTMLTable.cells(of: $0, limit: head.count) }
    }

    private static func cells(of line: MarkdownText, limit: Int = .max) -> [[UInt8]] {
        var rest = MarkdownLine.trimmed(line)
        if rest.first == UInt8(ascii: "|") { rest = rest.dropFirst() }
        if rest.last == UInt8(ascii: "|") { rest = rest.dropLast() }
        var cells: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in rest {
            if byte == UInt8(ascii: "|"), !isEscaped {
                cells.append([])
            } else {
                cells[cells.count - 1].append(byte)
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return cells.prefix(limit).map { Array(MarkdownLine.trimmed($0[...])) }
    }

    var html: [UInt8] {
        var output = Array("<table>\n".utf8)
        for (number, row) in rows.enumerated() {
            let tag = number == 0 ? "th" : "td"
            output += Array("<tr>".utf8)
            for cell in row { output += Array("<\(tag)>".utf8) + HTMLInline.html(of: cell) + Array("</\(tag)>".utf8) }
            output += Array("</tr>\n".utf8)
        }
        return output + Array("</table>\n".utf8)
    }
}
