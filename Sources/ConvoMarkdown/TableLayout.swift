import ConvoTerminal

/// Lays out a table in the columns of a terminal: cells are broken into lines where they do not fit; where even words would
/// not, each row becomes a list of its cells.
struct TableLayout {
    typealias Span = MarkdownTree.Span

    private static let gap = " │ "
    /// The least columns of a cell that is narrower than its text.
    private static let leastCell = 8

    private let style: MarkdownStyle
    private let width: Int

    init(_ style: MarkdownStyle, width: Int) { (self.style, self.width) = (style, width) }

    func lines(of table: MarkdownTree.Table) -> [String] {
        let rows = table.rows.map { $0.map(style.written) }
        guard let titles = rows.first, !titles.isEmpty else { return [] }
        let natural = titles.indices.map { column in
            max(1, rows.reduce(0) { max($0, SpanLines.longestLine(of: $1[column])) })
        }
        guard let widths = widths(natural) else { return records(rows) }
        var lines = row(titles, widths, table.alignments, isBold: true)
        lines.append(rule(widths))
        let body = rows.dropFirst().map { row($0, widths, table.alignments, isBold: false) }
        // Rows of several lines are told apart by rules.
        let isRuled = body.contains { $0.count > 1 }
        for (place, row) in body.enumerated() {
            if isRuled, place > 0 { lines.append(rule(widths)) }
            lines += row
        }
        return lines
    }

    /// The width of each column; `nil` where the table does not fit.
    ///
    /// Columns narrower than an equal share stay whole, and leave the rest to the others.
    private func widths(_ natural: [Int]) -> [Int]? {
        var room = width - TableLayout.gap.count * (natural.count - 1)
        guard natural.reduce(0, { $0 + min($1, TableLayout.leastCell) }) <= room else { return nil }
        var cap = Int.max
        for (place, columns) in natural.sorted().enumerated() {
            let share = room / (natural.count - place)
            if columns > share {
                cap = share
                break
            }
            room -= columns
        }
        return natural.map { min($0, cap) }
    }

    private func row(
        _ cells: [[Span]], _ widths: [Int], _ alignments: [MarkdownTree.Table.Alignment], isBold: Bool
    ) -> [String] {
        let broken = zip(cells, widths).map { $0.isEmpty ? [] : SpanLines.broken($0, to: $1) }
        let height = max(1, broken.map(\.count).max() ?? 0)
        return (0..<height).map { place in
            var line = ""
            for (column, lines) in broken.enumerated() {
                let spans = place < lines.count ? lines[place] : []
                let isLast = column == widths.count - 1
                line += aligned(spans, widths[column], alignments[column], isLast: isLast, isBold: isBold)
                if !isLast { line += style.ansi.faint(TableLayout.gap) }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private func aligned(
        _ spans: [Span], _ width: Int, _ alignment: MarkdownTree.Table.Alignment, isLast: Bool, isBold: Bool
    ) -> String {
        let free = max(0, width - spans.columns)
        let left =
            switch alignment {
            case .left: 0
            case .centre: free / 2
            case .right: free
            }
        let right = isLast ? 0 : free - left
        return String(repeating: " ", count: left) + style.painted(spans, isBold: isBold)
            + String(repeating: " ", count: right)
    }

    private func rule(_ widths: [Int]) -> String {
        style.ansi.faint(widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─"))
    }

    /// Each row as lines of a title and its cell.
    private func records(_ rows: [[[Span]]]) -> [String] {
        var lines: [String] = []
        for row in rows.dropFirst() {
            if !lines.isEmpty { lines.append(rule([width])) }
            for (title, cell) in zip(rows[0], row) where !cell.isEmpty {
                let strong = title.map { span in
                    var span = span
                    if !span.isLineBreak { span.style.insert(.strong) }
                    return span
                }
                let spans = strong + (title.isEmpty ? [] : [Span(text: ": ")]) + cell
                lines += SpanLines.broken(spans, to: width).map { style.painted($0) }
            }
        }
        return lines
    }
}
