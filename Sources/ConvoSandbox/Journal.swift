import ConvoJSON
import ConvoPlatform
import MistralEmulator

/// The sandbox's state on disk: a file of changes, one JSON object a line; each is synced before a client gets its
/// answer.
///
/// Opening the journal writes it anew, with one line for each conversation and file. It drops a last line that a crash
/// cut short: no client has had an answer for that change.
struct Journal: Sendable {
    private let file: JournalFile

    /// Opens the journal, or makes it, and applies its changes to the emulator.
    ///
    /// - Throws: ``JournalError`` if the file cannot be read or written, is in use, or is not a journal.
    init(path: String, emulator: inout Emulator) throws(JournalError) {
        let old = try JournalFile(path: path)
        try Journal.replay(try old.read(), path, into: &emulator)
        // A crash leaves either the old file or the new one, complete.
        file = try old.replaced(by: emulator.snapshot.map(\.line).joined())
    }

    /// Writes changes; returns once they are synced to the disk.
    func append(_ changes: [Change]) throws(JournalError) {
        try file.append(changes.map(\.line).joined())
    }

    private static func replay(
        _ bytes: [UInt8], _ path: String, into emulator: inout Emulator
    ) throws(JournalError) {
        var number = 0
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            guard let line = try? JSONText(utf8: Array(rest[..<end])), let change = Change(line: line) else {
                throw .unreadable(line: number, path: path)
            }
            emulator.restore(change)
            rest = rest[(end + 1)...]
        }
    }
}

// The C functions under names of their own: the methods of JournalFile shadow read and write.
private let readBytes = read
private let writeBytes = write

/// An append-only file under an exclusive `flock`, which it holds while it is open.
final class JournalFile: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        (self.descriptor, self.path) = (descriptor, path)
    }

    /// Opens the file, or makes it, and locks it; does not wait for the lock.
    ///
    /// - Throws: ``JournalError/inUse(path:)`` if another sandbox has it open.
    convenience init(path: String) throws(JournalError) {
        try self.init(path: path, flags: 0)
        // If another sandbox replaced the file after this one opened it and before it locked it, that one has the new
        // file.
        var (mine, current) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino else {
            throw .inUse(path: path)
        }
    }

    private convenience init(path: String, flags: Int32) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw .failed("open", path: path, errno: errno) }
        self.init(descriptor: descriptor, path: path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
    }

    deinit { close(descriptor) }

    func read() throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = readBytes(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw .failed("read", path: path, errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Appends a text; returns once it is synced to the disk.
    ///
    /// On failure the file is cut back to its former length, so that the next line does not begin behind half of this
    /// one.
    func append(_ text: String) throws(JournalError) {
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { throw .failed("look at", path: path, errno: errno) }
        do {
            try write(text)
        } catch {
            _ = ftruncate(descriptor, before.st_size)
            throw error
        }
    }

    private func write(_ text: String) throws(JournalError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .failed("write", path: path, errno: errno) }
            rest = rest.dropFirst(count)
        }
        guard DiskSync.file(descriptor) == 0 else { throw .failed("sync", path: path, errno: errno) }
    }

    /// Replaces this file by one with another text; a crash leaves either of them, complete.
    func replaced(by text: String) throws(JournalError) -> JournalFile {
        let draft = try JournalFile(path: path + ".new", flags: O_TRUNC)
        try draft.append(text)
        guard rename(path + ".new", path) == 0 else { throw .failed("replace", path: path, errno: errno) }
        try syncFolder()
        return JournalFile(taking: draft, path: path)
    }

    private convenience init(taking draft: JournalFile, path: String) {
        // A second descriptor of the same open file: it keeps the lock when the draft closes its own.
        self.init(descriptor: dup(draft.descriptor), path: path)
    }

    private func syncFolder() throws(JournalError) {
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed("open", path: folder, errno: errno) }
        defer { close(descriptor) }
        guard DiskSync.file(descriptor) == 0 else { throw .failed("sync", path: folder, errno: errno) }
    }
}

/// The reason why a sandbox cannot open its database or write to it.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another sandbox, of this process or another, has the file open.
    case inUse(path: String)
    /// A complete line, counted from 1, is not a change: the file is damaged, or is not a sandbox database.
    case unreadable(line: Int, path: String)
    /// A system call failed; `step` is a verb such as `open` or `write`.
    case failed(_ step: String, path: String, errno: Int32)

    /// The reason with the path, on one line without a full stop.
    public var description: String {
        switch self {
        case .inUse(let path): "\(path) is in use by another sandbox"
        case .unreadable(let line, let path): "\(path) is no sandbox database: line \(line) cannot be read"
        case .failed(let step, let path, let errno): "cannot \(step) \(path): \(String(cString: strerror(errno)))"
        }
    }
}
