import ConvoIPC
import ConvoModel
import ConvoPlatform

/// The file `<database>.last`, which names the conversation that was used last: what `@` and `-` stand for.
///
/// It is no part of the database, so that a verb that only reads writes nothing there. Nothing depends on it: where it is
/// missing, malformed or cannot be written, a person names the conversation. The one line is written at once and
/// has a line feed at its end, so that a reader can tell that it is whole.
struct LastConversation {
    /// Longer ids are not kept.
    private static let lengthLimit = 255

    private let database: String

    /// - Parameter database: the canonical path of the database.
    init(of database: String) { self.database = database }

    private var path: String { database + ".last" }

    /// The conversation's local id; `nil` if none was used yet.
    func read() -> LocalID? {
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: LastConversation.lengthLimit + 1)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 1, bytes[..<count].firstIndex(of: 0x0A) == count - 1 else { return nil }
        return String(validating: bytes[..<(count - 1)], as: UTF8.self).map { LocalID($0) }
    }

    /// Names a conversation, unless the file does already.
    func note(_ id: LocalID) {
        let line = Array((id.rawValue + "\n").utf8)
        guard line.count <= LastConversation.lengthLimit, line.firstIndex(of: 0x0A) == line.count - 1, read() != id,
            let descriptor = try? SidecarFile.open(path, O_WRONLY | O_CREAT, beside: database)
        else { return }
        defer { close(descriptor) }
        guard pwrite(descriptor, line, line.count, 0) == line.count else { return }
        _ = ftruncate(descriptor, off_t(line.count))  // a longer line would be malformed
    }
}
