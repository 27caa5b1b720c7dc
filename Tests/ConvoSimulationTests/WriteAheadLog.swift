import ConvoPlatform
import Foundation
import SyncRecorder

/// SQLite's write-ahead log as a death or a power cut leaves it.
///
/// With `synchronous=NORMAL` a commit is written to the log and not synced; with `FULL` it is synced, with all that was
/// written before. A checkpoint syncs the log and then the database, and the log begins anew with other salts.
/// > "a commit might roll back following a power loss or system crash" sqlite.org/pragma.html#pragma_synchronous
enum WriteAheadLog {
    /// How much of a log is known to be on the disk.
    struct Mark: Equatable {
        /// Bytes 16 to 23 of the header, which tell one log from the next in the same file.
        let salts: Data
        let length: Int
    }

    private static let headerLength = 32
    private static let frameHeaderLength = 24

    /// The whole log; `nil` if there is none, or if it is empty.
    static func mark(of database: URL) -> Mark? {
        let log = open(database.path() + "-wal", O_RDONLY | O_CLOEXEC)
        guard log >= 0 else { return nil }
        defer { close(log) }
        var salts = Data(count: 8)
        let count = salts.withUnsafeMutableBytes { pread(log, $0.baseAddress, $0.count, 16) }
        guard count == salts.count else { return nil }
        return Mark(salts: salts, length: Int(lseek(log, 0, SEEK_END)))
    }

    /// How much of the log is really on the disk; `nil` if it was never synced.
    static func synced(of database: URL) -> Mark? {
        var salts = Data(count: 8)
        var length: Int64 = 0
        let isSynced = salts.withUnsafeMutableBytes { bytes in
            sync_recorder_log(database.path() + "-wal", bytes.assumingMemoryBound(to: UInt8.self).baseAddress, &length)
        }
        return isSynced == 0 ? nil : Mark(salts: salts, length: Int(length))
    }

    /// Removes from the log what came after the mark.
    ///
    /// If the log is not the mark's, everything is removed: what the mark covers is in the database then.
    static func cut(_ database: URL, back mark: Mark?) throws {
        guard let present = WriteAheadLog.mark(of: database) else { return }
        try truncate(database, to: mark?.salts == present.salts ? min(mark?.length ?? 0, present.length) : 0)
    }

    /// Removes the last commits from the log, but none that is older than the mark; without a mark, the log was empty.
    static func undo(_ commits: Int, of database: URL, since mark: Mark?) throws {
        guard let log = FileManager.default.contents(atPath: database.path() + "-wal"),
            mark == nil || mark?.salts == log.dropFirst(16).prefix(8)
        else { return }
        let ends = ([0] + commitEnds(in: [UInt8](log))).filter { $0 >= mark?.length ?? 0 }
        guard ends.count > 1 else { return }
        try truncate(database, to: ends[max(0, ends.count - 1 - commits)])
    }

    /// The offsets at which the last frame of each commit ends.
    private static func commitEnds(in log: [UInt8]) -> [Int] {
        func number(at offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard log.count >= headerLength else { return [] }
        let frame = frameHeaderLength + number(at: 8)
        var ends: [Int] = []
        var offset = headerLength
        while offset + frame <= log.count, log[offset + 8..<offset + 16] == log[16..<24] {
            // The frame that ends a transaction has the database's size in pages here, every other frame has 0.
            if number(at: offset + 4) != 0 { ends.append(offset + frame) }
            offset += frame
        }
        return ends
    }

    private static func truncate(_ database: URL, to length: Int) throws {
        guard let log = FileHandle(forWritingAtPath: database.path() + "-wal") else { return }
        try log.truncate(atOffset: UInt64(length))
        try log.close()
    }
}
