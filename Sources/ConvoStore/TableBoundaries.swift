import ConvoPlatform

/// The row ids between which the pages of a table are divided, read from the file itself.
///
/// SQLite tells only that a row can't be read, not where its page ends. A damaged page is left by looking behind the next
/// boundary. What is found here is a hint: each row that it leads to is read by SQLite.
///
/// The layout of the pages is that of sqlite.org/fileformat2.html, "B-tree Pages".
struct TableBoundaries {
    private enum PageType {
        static let interior: UInt8 = 5
    }

    /// A tree of this depth would have more rows than a file can hold.
    private static let depthLimit = 20

    private let bytes: FileBytes
    private let pageSize: Int

    /// Opens a database's file; `nil` if it can't be read, or has no header of SQLite.
    ///
    /// Closing a file gives up every lock that this process has on it, so no connection to it may be open meanwhile.
    ///
    /// - Parameter path: the file. Its write-ahead log is not read.
    init?(path: String) {
        guard let bytes = FileBytes(path: path), let header = bytes.read(at: 16, count: 2) else { return nil }
        let size = Int(header[0]) << 8 | Int(header[1])
        pageSize = size == 1 ? 65536 : size
        guard pageSize >= 512, pageSize.nonzeroBitCount == 1 else { return nil }
        self.bytes = bytes
    }

    /// The boundaries in one table, in ascending order.
    ///
    /// - Parameter root: the number of its first page, as the list of tables has it.
    /// - Returns: for each page that can be read and that leads to others, the greatest row ids of the pages that it
    ///   leads to.
    func keys(root: Int64) -> [Int64] {
        var keys: [Int64] = []
        var seen: Set<Int64> = []
        collect(root, depth: 0, &seen, &keys)
        return keys.sorted()
    }

    private func collect(_ number: Int64, depth: Int, _ seen: inout Set<Int64>, _ keys: inout [Int64]) {
        guard depth < TableBoundaries.depthLimit, number > 0, number <= Int64(UInt32.max), seen.insert(number).inserted,
            let page = bytes.read(at: (number - 1) * Int64(pageSize), count: pageSize)
        else { return }
        let header = number == 1 ? 100 : 0
        guard page[header] == PageType.interior else { return }
        func integer(_ place: Int, bytes count: Int) -> Int64 {
            page[place..<place + count].reduce(0) { $0 << 8 | Int64($1) }
        }
        let cells = Int(integer(header + 3, bytes: 2))
        guard header + 12 + 2 * cells <= pageSize else { return }
        for cell in 0..<cells {
            let place = Int(integer(header + 12 + 2 * cell, bytes: 2))
            guard place + 4 < pageSize, let key = TableBoundaries.variableInteger(page[(place + 4)...]) else {
                continue
            }
            keys.append(key)
            collect(integer(place, bytes: 4), depth: depth + 1, &seen, &keys)
        }
        collect(integer(header + 8, bytes: 4), depth: depth + 1, &seen, &keys)
    }

    /// The number at the beginning of some bytes; seven bits in each of up to eight bytes, eight in the ninth.
    private static func variableInteger(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var value: UInt64 = 0
        for (place, byte) in bytes.prefix(9).enumerated() {
            if place == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }
}

/// A file that is read at any place, and closed at the end.
private final class FileBytes {
    private let descriptor: Int32

    init?(path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// - Returns: `nil` if the file has not so many bytes at this place.
    func read(at offset: Int64, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(descriptor, &bytes, count, off_t(offset)) == count ? bytes : nil
    }
}
