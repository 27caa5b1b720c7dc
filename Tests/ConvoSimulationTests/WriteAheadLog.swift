import Foundation

/// SQLite's write-ahead log as a power cut leaves it.
///
/// With `synchronous=NORMAL` a commit is written to the log and not synced; with `FULL` it is, and with it all that
/// was written before. A checkpoint syncs the log and then the database, and the log begins anew with other salts.
/// > "a commit might roll back following a power loss or system crash" sqlite.org/pragma.html#pragma_synchronous
enum WriteAheadLog {
    /// How much of a log is known to be on the disk.
    struct Mark: Equatable {
        /// Bytes 16 to 23 of the header: which log it is.
        let salts: Data
        let length: UInt64
    }

    private static let saltBytes = 16..<24

    /// `nil` where there is no log, or an empty one.
    static func mark(of database: URL) throws -> Mark? {
        guard let log = FileHandle(forReadingAtPath: database.path() + "-wal") else { return nil }
        defer { try? log.close() }  // reading leaves nothing behind
        let length = try log.seekToEnd()
        guard length >= UInt64(saltBytes.upperBound) else { return nil }
        try log.seek(toOffset: UInt64(saltBytes.lowerBound))
        return Mark(salts: try log.read(upToCount: saltBytes.count) ?? Data(), length: length)
    }

    /// Takes from the log what came after the mark; all of it where it is another log than the mark's, for what the
    /// mark vouched for is in the database then.
    static func cut(_ database: URL, back mark: Mark?) throws {
        guard let present = try WriteAheadLog.mark(of: database) else { return }
        let kept = mark?.salts == present.salts ? min(mark?.length ?? 0, present.length) : 0
        guard let log = FileHandle(forWritingAtPath: database.path() + "-wal") else { return }
        try log.truncate(atOffset: kept)
        try log.close()
    }
}
