/// How far down a terminal's cursor is in a line that is being edited, so that other text can be put in the line's place.
enum CursorRow {
    /// Columns between two places to which a tab leads.
    private static let tab = 8

    /// The number of rows between the prompt's first and the end of a text, as libedit breaks it.
    ///
    /// - Parameters:
    ///   - text: the characters behind the prompt.
    ///   - promptColumns: the columns of the prompt.
    ///   - width: the columns of the terminal.
    /// - Returns: the rows; 0 where prompt and text fit on one.
    static func after(_ text: some Sequence<Unicode.Scalar>, promptColumns: Int, width: Int) -> Int {
        guard width > 1 else { return 0 }
        var (row, column) = (promptColumns / width, promptColumns % width)
        for scalar in text {
            if scalar == "\n" {
                (row, column) = (row + 1, 0)
                continue
            }
            let columns = scalar == "\t" ? tab - column % tab : scalar.editedColumns
            if column + columns > width { (row, column) = (row + 1, 0) }
            column += columns
            if column >= width { (row, column) = (row + 1, 0) }
        }
        return row
    }
}

extension Unicode.Scalar {
    /// The columns that libedit gives the character: it shows a control as `^X`.
    fileprivate var editedColumns: Int {
        if value < 0x20 || value == 0x7F { return 2 }
        return isZeroWidth ? 0 : isWide ? 2 : 1
    }
}
