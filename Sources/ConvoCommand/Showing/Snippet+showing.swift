import ConvoStore
import ConvoTerminal

extension Snippet {
    /// The snippet on a few lines, with the matches emphasized.
    ///
    /// Where it is too long for them, and the first match is not near its beginning, it begins shortly before that.
    ///
    /// - Parameters:
    ///   - width: the greatest number of columns of a line; `nil` for one line of any length.
    ///   - count: the greatest number of lines.
    ///   - ansi: the style.
    /// - Returns: the lines, sanitised.
    func lines(width: Int?, count: Int, _ ansi: ANSIStyle) -> [String] {
        let cells = cells
        guard let width, width > 1 else { return [Snippet.line(cells[...], ansi)] }
        let (start, isCut) = start(in: cells, within: width * count - count)
        var rest = cells[start...]
        if isCut { rest = [Cell(text: "…", columns: 1, isMarked: false)] + rest }
        var lines: [ArraySlice<Cell>] = []
        while !rest.isEmpty {
            if lines.count == count - 1 {
                lines.append(Snippet.fitting(rest, width))
                break
            }
            let end = Snippet.end(ofLineIn: rest, width)
            lines.append(rest[..<end])
            rest = rest[end...].drop { $0.text == " " }
        }
        return lines.map { Snippet.line($0, ansi) }
    }

    /// A character of the snippet, sanitised.
    private struct Cell {
        let text: String
        let columns: Int
        let isMarked: Bool
    }

    private var cells: [Cell] {
        let scalars = Array(text.unicodeScalars)
        var cells: [Cell] = []
        func add(_ range: Range<Int>, isMarked: Bool) {
            for character in String(String.UnicodeScalarView(scalars[range])).sanitised(.line) {
                cells.append(Cell(text: String(character), columns: String(character).columns, isMarked: isMarked))
            }
        }
        var place = 0
        for mark in marks where mark.lowerBound >= place && mark.upperBound <= scalars.count {
            add(place..<mark.lowerBound, isMarked: false)
            add(mark, isMarked: true)
            place = mark.upperBound
        }
        add(place..<scalars.count, isMarked: false)
        return cells
    }

    /// Where the shown part begins, so that the first match is in it: a third of the room is before that.
    private func start(in cells: [Cell], within room: Int) -> (place: Int, isCut: Bool) {
        guard cells.reduce(0, { $0 + $1.columns }) > room, var place = cells.firstIndex(where: \.isMarked) else {
            return (0, false)
        }
        let isNear = cells[..<place].reduce(0) { $0 + $1.columns } <= room / 2
        if isNear { return (0, false) }
        var before = room / 3
        while place > 0, before > cells[place - 1].columns {
            before -= cells[place - 1].columns
            place -= 1
        }
        return (place, place > 0)
    }

    /// Where a line ends that begins a text: behind its last space that fits, or else behind its last character.
    private static func end(ofLineIn cells: ArraySlice<Cell>, _ width: Int) -> Int {
        var (used, end) = (0, cells.startIndex)
        while end < cells.endIndex, used + cells[end].columns <= width {
            used += cells[end].columns
            end += 1
        }
        if end == cells.endIndex || cells[end].text == " " { return end }
        let space = cells[..<end].lastIndex { $0.text == " " }
        return space.map { $0 > cells.startIndex ? $0 : end } ?? max(end, cells.startIndex + 1)
    }

    /// The last line: all of the text, or as much as fits before an ellipsis.
    private static func fitting(_ cells: ArraySlice<Cell>, _ width: Int) -> ArraySlice<Cell> {
        guard cells.reduce(0, { $0 + $1.columns }) > width else { return cells }
        var (used, end) = (0, cells.startIndex)
        while end < cells.endIndex, used + cells[end].columns <= width - 1 {
            used += cells[end].columns
            end += 1
        }
        return cells[..<end] + [Cell(text: "…", columns: 1, isMarked: false)]
    }

    private static func line(_ cells: ArraySlice<Cell>, _ ansi: ANSIStyle) -> String {
        var (line, marked) = ("", "")
        for cell in cells.lastIndex(where: { $0.text != " " }).map({ cells[...$0] }) ?? [] {
            if cell.isMarked {
                marked += cell.text
            } else {
                line += ansi.strong(marked) + cell.text
                marked = ""
            }
        }
        return line + ansi.strong(marked)
    }
}
