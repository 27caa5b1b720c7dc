/// Rows in columns that line up, whatever scripts the cells are written in.
public struct Table: Sendable {
    public enum Column: Sendable {
        /// As wide as its widest cell.
        case fitting(String)
        /// What the others leave; cut where that is too little.
        case flexible(String)

        var title: String {
            switch self {
            case .fitting(let title), .flexible(let title): title
            }
        }
    }

    /// A flexible column is not squeezed below this; the line grows longer than the terminal instead.
    static let flexibleMinimum = 12
    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []

    public init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; each cell is sanitised, a missing one is empty.
    public mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0].sanitised(.line) : "" })
    }

    /// The lines, the titles first; fit for `width` columns, or as long as they are where it is `nil`.
    public func lines(width: Int?, ink: Ink) -> [String] {
        let widths = self.widths(within: width)
        let title = line(columns.map(\.title), widths)
        return [ink.faint(title)] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (place, cell) in cells.enumerated() {
            let cut = cell.truncated(to: widths[place])
            line += place == cells.count - 1 ? cut : cut.padded(to: widths[place]) + Table.gap
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    private func widths(within limit: Int?) -> [Int] {
        var widths = columns.indices.map { place in
            rows.map { $0[place].columns }.reduce(columns[place].title.columns, max)
        }
        guard let limit else { return widths }
        let flexible = columns.indices.filter { if case .flexible = columns[$0] { true } else { false } }
        guard !flexible.isEmpty else { return widths }
        let excess = widths.reduce(0, +) + Table.gap.count * (columns.count - 1) - limit
        guard excess > 0 else { return widths }
        let share = (excess + flexible.count - 1) / flexible.count
        for place in flexible { widths[place] = max(min(widths[place], Table.flexibleMinimum), widths[place] - share) }
        return widths
    }
}
