/// Lines at the end of a terminal's text that may still change, such as a paragraph that is being written.
///
/// The value makes the text and the escape sequences that bring the terminal up to date: they rewrite no row that is right
/// already. Where the terminal is too small now, ``leave(isInRow:)``
/// comes first: once, a part of the draft stands there twice.
package struct DraftRows: Sendable {
    /// The rows on the terminal that may change; the cursor is behind the last one.
    private var shown: [String] = []

    /// Makes a value for a terminal whose cursor is where a row begins.
    package init() {}

    /// Whether nothing is shown that may change: the cursor is where a row begins.
    package var isEmpty: Bool { shown.isEmpty }

    /// Whether each row that may change is still one row of a terminal of this size, so that they can be replaced.
    package func fit(width: Int, height: Int) -> Bool {
        shown.count < height && shown.allSatisfy { $0.columns <= width }
    }

    /// Leaves what is shown as it is, because nobody knows any more where the cursor is: the terminal has another size, or another
    /// program has written to it.
    ///
    /// - Parameter isInRow: whether the cursor is behind a row, and not where one begins.
    /// - Returns: what to write.
    package mutating func leave(isInRow: Bool) -> String {
        defer { shown = [] }
        return shown.isEmpty || !isInRow ? "" : "\n"
    }

    /// Puts other lines in the place of those that may change.
    ///
    /// - Parameters:
    ///   - lines: lines that stay as they are, sanitised, none wider than the terminal.
    ///   - draft: lines behind them that may change, of the same kind.
    ///   - height: the terminal's rows. Of a longer draft, the last lines are shown: what has left the terminal could not be
    ///     changed.
    /// - Returns: what to write.
    package mutating func replace(by lines: [String], draft: [String], height: Int) -> String {
        let draft = Array(draft.suffix(max(1, height - 1)))
        let wanted = lines + draft
        var kept = zip(shown, wanted).prefix { $0 == $1 }.count
        // The cursor must come behind the last row that is wanted.
        if kept == wanted.count, kept < shown.count, kept > 0 { kept -= 1 }
        defer { shown = draft }
        var text = ""
        if kept < shown.count {
            let up = shown.count - 1 - kept
            let begins = kept < wanted.count && up == 0 && wanted[kept].hasPrefix(shown[kept])
            if begins {
                text += wanted[kept].dropFirst(shown[kept].count)
            } else {
                text += (up > 0 ? "\u{1B}[\(up)A" : "") + "\r\u{1B}[J" + (kept < wanted.count ? wanted[kept] : "")
            }
        } else if kept > 0, kept < wanted.count {
            text += "\n" + wanted[kept]
        } else if kept < wanted.count {
            text += wanted[kept]
        }
        for line in wanted.dropFirst(kept + 1) { text += "\n" + line }
        let isBehindRow = kept < wanted.count || (kept > 0 && kept == shown.count)
        return text + (draft.isEmpty && isBehindRow ? "\n" : "")
    }
}
