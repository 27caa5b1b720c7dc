import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The file beside a database, `<database>.instance`, that says which instance of it lives here, and how many sends that
/// one has begun.
///
/// The database counts the same. It commits a count, durably, before this file has it; and only then does a request leave.
/// So a database that counts less than this file says is an older copy of itself, whatever inode it has.
struct InstanceFile {
    struct Content: Equatable {
        let name: String
        let sends: Int64
    }

    /// As many digits as the largest count has: what is written over has the same length, and one block of the disk.
    private static let digits = 19
    private static let lengthLimit = 256

    let database: String

    private var path: String { database + ".instance" }

    /// `nil` where there is none, or nothing that can be understood.
    func read() -> Content? {
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: InstanceFile.lengthLimit)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let sends = Int64(words[1]) else { return nil }
        return Content(name: String(words[0]), sends: sends)
    }

    /// Writes it, so that it survives a power cut.
    func write(_ content: Content) throws(StoreError) {
        let number = String(content.sends)
        let padding = String(repeating: "0", count: max(0, InstanceFile.digits - number.count))
        let line = Array("\(content.name) \(padding)\(number)\n".utf8)
        let descriptor: Int32
        do {
            descriptor = try SidecarFile.open(path, O_WRONLY | O_CREAT, beside: database)
        } catch { throw failure(error.code, error.detail) }
        defer { close(descriptor) }
        guard pwrite(descriptor, line, line.count, 0) == line.count, ftruncate(descriptor, off_t(line.count)) == 0,
            fdatasync(descriptor) == 0
        else { throw failure(errno, String(cString: strerror(errno))) }
    }

    func failure(_ code: Int32, _ detail: String) -> StoreError {
        code == ENOSPC || code == EDQUOT
            ? .diskFull(path: path) : .notWritable(path: path, detail: detail)
    }
}
