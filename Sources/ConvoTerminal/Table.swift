/// Rows of text in aligned columns, whatever scripts the cells are written in.
package struct Table: Sendable {
    /// A column's title and the way to find its width.
    ///
    /// The rank decides what a narrow terminal leaves out: the columns of the highest rank first, and never one of rank
    /// 0.
    package enum Column: Sendable {
        /// A column as wide as its widest cell.
        case fitting(String, rank: Int = 0)
        /// A column that gets the room that the others leave; its longest cells are cut where that is too little.
        ///
        /// One of weight 2 gets twice the room of another one, as far as its cells need it.
        case flexible(String, rank: Int = 0, weight: Int = 1)

        var title: String {
            switch self {
            case .fitting(let title, _), .flexible(let title, _, _): title
            }
        }

        /// The order in which columns are left out, the highest first; 0 always stays.
        var rank: Int {
            switch self {
            case .fitting(_, let rank), .flexible(_, let rank, _): rank
            }
        }

        /// How many shares of the room that is left the column gets; `nil` for a column that gets what its cells need.
        var weight: Int? { if case .flexible(_, _, let weight) = self { weight } else { nil } }
    }

    /// The width below which a flexible column of weight 1 is not squeezed as long as another column can be left out.
    static let flexibleMinimum = 10
    /// The space between two columns.
    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []
    /// The width of each column's widest cell so far, the title included.
    private var natural: [Int]
    /// The indices of the columns that are shown; `nil` until the first lines were taken.
    private var shown: [Int]?

    /// Creates a table without rows.
    package init(_ columns: [Column]) {
        self.columns = columns
        natural = columns.map(\.title.columns)
    }

    /// Adds a row, whose cells are sanitised to one line each.
    ///
    /// - Parameter cells: one for each column, from the left; a missing cell is empty, and cells too many are ignored.
    package mutating func add(_ cells: [String]) {
        rows.append(columns.indices.map { $0 < cells.count ? cells[$0].sanitised(.line) : "" })
    }

    /// The table's lines, the titles first, without line ends and without spaces at their right.
    ///
    /// - Parameters:
    ///   - width: the greatest number of columns of a line; `nil` for no limit.
    ///   - ansi: the style for the titles.
    /// - Returns: one line for the titles and one for each row.
    package func lines(width: Int?, ansi: ANSIStyle) -> [String] {
        var table = self
        return table.takeLines(width: width, ansi: ansi)
    }

    /// The lines of the rows that were added since the last time, which the table forgets; the titles before the first ones.
    ///
    /// So a table of any length can be shown while its rows are read. The first rows decide which columns are shown. A column
    /// is as wide as its cells so far want it, and may change its width with a longer cell.
    ///
    /// - Parameters:
    ///   - width: the greatest number of columns of a line; `nil` for no limit.
    ///   - ansi: the style for the titles.
    /// - Returns: the lines, without line ends and without spaces at their right.
    package mutating func takeLines(width: Int?, ansi: ANSIStyle) -> [String] {
        natural = columns.indices.map { place in rows.reduce(natural[place]) { max($0, $1[place].columns) } }
        let isFirst = shown == nil
        let shown = shown ?? width.map { shownColumns(within: $0) } ?? Array(columns.indices)
        let widths = widths(of: shown, within: width)
        let lines = rows.map { line($0, widths, limit: width) }
        self.shown = shown
        rows.removeAll(keepingCapacity: true)
        return isFirst ? [ansi.faint(line(columns.map(\.title), widths, limit: width))] + lines : lines
    }

    /// One line of the table.
    ///
    /// - Parameters:
    ///   - cells: the texts, one for each column.
    ///   - widths: one for each column; `nil` for a column that is left out.
    ///   - limit: the greatest number of columns of the line; `nil` for no limit.
    /// - Returns: the line without spaces at its right.
    private func line(_ cells: [String], _ widths: [Int?], limit: Int?) -> String {
        let last = widths.lastIndex { $0 != nil }
        var line = ""
        for (place, cell) in cells.enumerated() {
            guard let width = widths[place] else { continue }
            let cut = cell.truncated(to: width)
            line += place == last ? cut : cut.padded(to: width) + Table.gap
        }
        while line.last == " " { line.removeLast() }
        return limit.map { line.truncated(to: $0) } ?? line
    }

    private func widths(of shown: [Int], within limit: Int?) -> [Int?] {
        guard let limit else { return natural }
        let fixed = shown.filter { columns[$0].weight == nil }.reduce(Table.gaps(shown.count)) { $0 + natural[$1] }
        let flexible = shown.compactMap { place in
            columns[place].weight.map { (width: natural[place], weight: $0) }
        }
        let share = Table.share(of: flexible, within: limit - fixed)
        return columns.indices.map { place in
            guard shown.contains(place) else { return nil }
            return columns[place].weight.map { min(natural[place], share * $0) } ?? natural[place]
        }
    }

    /// The indices of the columns that fit beside each other, each flexible one at its least width.
    private func shownColumns(within limit: Int) -> [Int] {
        var shown = Array(columns.indices)
        func least(_ place: Int) -> Int {
            columns[place].weight.map { min(natural[place], Table.flexibleMinimum * $0) } ?? natural[place]
        }
        while shown.reduce(Table.gaps(shown.count), { $0 + least($1) }) > limit,
            let victim = shown.max(by: { columns[$0].rank < columns[$1].rank }), columns[victim].rank > 0
        {
            shown.removeAll { $0 == victim }
        }
        return shown
    }

    private static func gaps(_ count: Int) -> Int { gap.count * max(0, count - 1) }

    /// The greatest share to which columns can be cut, each to its weight times that, so that they fit together.
    ///
    /// A column that needs less stays whole, and leaves the rest of its share to the others.
    private static func share(of columns: [(width: Int, weight: Int)], within room: Int) -> Int {
        let columns = columns.sorted { $0.width * $1.weight < $1.width * $0.weight }
        var (room, weights) = (room, columns.reduce(0) { $0 + $1.weight })
        for (width, weight) in columns {
            let share = room / weights
            if width > share * weight { return max(1, share) }
            room -= width
            weights -= weight
        }
        return columns.reduce(1) { max($0, $1.width) }  // all of them stay whole
    }
}
