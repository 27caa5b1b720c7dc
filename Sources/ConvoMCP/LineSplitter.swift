import ConvoJSON

/// Cuts the bytes of standard input into lines, none of which is kept beyond a limit.
///
/// A longer line is skipped to its end, so that the next message is read as if the long one had not come.
struct LineSplitter {
    /// A line without its end.
    enum Line: Equatable {
        case whole([UInt8])
        /// The line is longer than the limit; its beginning may still tell which request it was.
        case oversized(beginning: [UInt8])
    }

    /// The longest line, in bytes.
    let limit: Int
    /// The line that has no end yet, as far as it is kept.
    private var open: [UInt8] = []
    private var isTooLong = false

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes.
    ///
    /// - Parameter bytes: any number of bytes.
    /// - Returns: the lines that they end, in their order; lines of white space alone are left out.
    mutating func take(_ bytes: [UInt8]) -> [Line] {
        var (lines, start) = ([Line](), 0)
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            keep(bytes[start..<end])
            if let line = finish() { lines.append(line) }
            start = end + 1
        }
        keep(bytes[start...])
        return lines
    }

    /// The last line, which the end of the input ends; `nil` if there is none.
    mutating func finish() -> Line? {
        defer { (open, isTooLong) = ([], false) }
        if isTooLong { return .oversized(beginning: open) }
        return open.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } ? nil : .whole(open)
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        let room = limit - open.count
        open += bytes.prefix(room)
        if bytes.count > room { isTooLong = true }
    }
}
