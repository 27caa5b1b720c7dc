/// What bounds the work on one text, whoever wrote it.
///
/// cmark needs a time that grows with the square of some texts' length: of 64 kB it can make 85 million cells of a table
/// (`a|a|…`, `-|-|…`, and many short rows), or look at `www._www._…` for three seconds. These limits leave each text of 64 kB
/// less than half a second.
enum MarkdownLimits {
    /// A longer text is shown as it stands.
    static let textBytes = 256 << 10
    /// A longer text is parsed in parts, and a part that is longer is shown as it stands.
    static let partBytes = 64 << 10
    /// With a longer word, no address is looked for in words.
    static let wordBytes = 2048
    /// With more cells than this, no table is looked for.
    static let tableCells = 20_000
    /// Quotes and lists inside of so many others are shown as running text.
    static let depth = 12

    /// The extensions of cmark that a text may have.
    static func extensions(for text: String) -> [String] {
        var extensions = ["strikethrough", "tasklist"]
        var text = text
        text.withUTF8 { bytes in
            if longestWord(of: bytes) <= wordBytes { extensions.append("autolink") }
            if mostCells(of: bytes) <= tableCells { extensions.append("table") }
        }
        return extensions
    }

    static func longestWord(of text: UnsafeBufferPointer<UInt8>) -> Int {
        var (longest, length) = (0, 0)
        for byte in text {
            length = byte > 0x20 ? length + 1 : 0
            if length > longest { longest = length }
        }
        return longest
    }

    /// A bound for the number of cells that cmark makes, which gives each row of a table as many cells as the table has columns.
    ///
    /// A table ends at a blank line at the latest. Each line until then counts as a row of the widest table that may have
    /// begun; which lines cmark takes for the beginning of one does not matter.
    static func mostCells(of text: UnsafeBufferPointer<UInt8>) -> Int {
        var (cells, columns) = (0, 0)
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if line.allSatisfy({ $0 <= 0x20 }) {
                columns = 0
            } else {
                columns = max(columns, line.count { $0 == UInt8(ascii: "|") } + 1)
                cells += columns
            }
        }
        return cells
    }
}
