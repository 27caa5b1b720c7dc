import ConvoIPC
import ConvoPlatform
import ConvoSQLite

/// The file `<database>.instance`, which names the instance of the database that lives here and counts the sends that
/// it has begun.
///
/// The database holds the same name and count. The store commits a new count durably, then writes it to this file, and
/// only then sends the request. So a database whose count is below this file's is an older copy of itself, whatever
/// inode it has.
struct InstanceFile {
    struct Content: Equatable {
        let name: String
        let sends: Int64
    }

    /// The digits of the largest count: each version of the file has the same length, and fits in one block of the
    /// disk.
    private static let digits = 19
    private static let lengthLimit = 256

    let database: String

    private var path: String { database + ".instance" }

    /// The file's content; `nil` if there is no file, or it is malformed.
    func read() -> Content? {
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: InstanceFile.lengthLimit)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let sends = Int64(words[1]) else { return nil }
        return Content(name: String(words[0]), sends: sends)
    }

    /// Writes the content and waits until the disk has it.
    ///
    /// - Throws: ``StoreError/diskFull(path:)`` or ``StoreError/notWritable(path:detail:)``.
    func write(_ content: Content) throws(StoreError) {
        let number = String(content.sends)
        let padding = String(repeating: "0", count: max(0, InstanceFile.digits - number.count))
        let line = Array("\(content.name) \(padding)\(number)\n".utf8)
        let descriptor: Int32
        do {
            descriptor = try SidecarFile.open(path, O_WRONLY | O_CREAT, beside: database)
        } catch { throw StoreError(error) }
        defer { close(descriptor) }
        guard pwrite(descriptor, line, line.count, 0) == line.count, ftruncate(descriptor, off_t(line.count)) == 0,
            DiskSync.content(descriptor) == 0
        else { throw StoreError.unusable(path: path, code: errno) }
    }
}
