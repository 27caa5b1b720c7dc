import ConvoIPC
import ConvoJSON
import ConvoPlatform

/// The lines that were typed in chats of a database, in a file beside it (0600): who removes the database with its files
/// removes them too.
///
/// Each is a JSON string on a line of its own. What cannot be read or written is left out: a chat does not depend on it.
struct TypedLinesFile {
    /// How many lines are kept; the file is written anew when it has twice as many.
    private static let limit = 1000
    /// A longer file is not read.
    private static let byteLimit = 8 << 20

    private let path: String
    private let database: String

    /// - Parameter database: the canonical path of the database file.
    init(beside database: String) {
        self.database = database
        path = database + ".typed"
    }

    /// Reads the lines, the oldest first.
    func read() -> [String] {
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return [] }
        defer { close(descriptor) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 64 << 10))
        while bytes.count < TypedLinesFile.byteLimit {
            let count = ConvoPlatform.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        let lines = bytes.split(separator: 0x0A).compactMap { (try? JSONText(utf8: Array($0)))?.string }
        if lines.count > 2 * TypedLinesFile.limit { write(lines.suffix(TypedLinesFile.limit), O_TRUNC) }
        return lines.suffix(TypedLinesFile.limit)
    }

    /// Adds a line behind the others.
    func add(_ line: String) { write([line], O_APPEND) }

    private func write(_ lines: some Sequence<String>, _ flag: Int32) {
        guard let descriptor = try? SidecarFile.open(path, O_WRONLY | O_CREAT | flag, beside: database) else { return }
        defer { close(descriptor) }
        let text = Array(lines.map { JSONText.string($0).text + "\n" }.joined().utf8)
        _ = ConvoPlatform.write(descriptor, text, text.count)
    }
}
