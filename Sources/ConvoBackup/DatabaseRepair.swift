import ConvoIPC
package import ConvoModel
import ConvoPlatform
package import ConvoStore

/// What a repair has done to a database.
package struct RepairReport: Sendable {
    /// The files and folders whose permissions were too wide, and are not any more.
    package fileprivate(set) var permissions: [String] = []
    /// What was wrong with the database; `nil` where it is whole.
    package fileprivate(set) var damage: StoreError?
    /// Where the database lies as it was before; `nil` where nothing in it was mended.
    package fileprivate(set) var copy: String?
    /// Whether the full-text index alone was damaged, and was made anew.
    package fileprivate(set) var isIndexRebuilt = false
    /// What was saved into a new database that has taken the place of the damaged one; `nil` where that was not needed.
    package fileprivate(set) var salvage: SalvageReport?
}

/// Mends a database that no other program uses.
package enum DatabaseRepair {
    /// What Convo and SQLite put beside a database.
    private static let suffixes = [
        "", "-wal", "-shm", ".instance", ".engine", ".turn", ".daemon", ".waiting", ".wakeup", ".changes", ".typed",
        ".last",
    ]
    private static let pieceSize = 1 << 20

    /// Mends what can be mended, after the database was copied to another name beside it.
    ///
    /// Permissions that are too wide are narrowed. If the full-text index alone is damaged, it is made anew. If a page is
    /// damaged, everything that can be read is saved into a new database, which takes the place of the old one in one step;
    /// its open writes are held then, as in a copy. A process that is killed leaves the database as it was, or mended.
    ///
    /// Blocks for file I/O, in proportion to the size of the database, and needs room for two more of it.
    ///
    /// - Parameters:
    ///   - path: the database, under any of its names.
    ///   - time: the present moment, for the name of the copy.
    ///   - note: is told what is done now, in a few words.
    /// - Returns: what was done.
    /// - Throws: ``BackupError/missing(path:)``; ``BackupError/inUse(path:)`` if a daemon or another program has the database;
    ///   ``BackupError/diskFull(path:)``; `StoreError` if not enough can be read.
    package static func run(
        _ path: String, at time: Timestamp, note: (_ words: String) -> Void = { _ in }
    ) throws -> RepairReport {
        let path = DatabaseFile.canonicalPath(of: path)
        guard try Disk.look(at: path).kind == .file else { throw BackupError.missing(path: path) }
        var report = RepairReport(permissions: try narrowPermissions(path))
        let locks = try [FileLock.Purpose.daemon, .engine].map { purpose in
            guard let lock = try FileLock.tryLock(purpose, beside: path) else { throw BackupError.inUse(path: path) }
            return lock
        }
        defer { for lock in locks { lock.release() } }
        guard try Store.isUnused(path) else { throw BackupError.inUse(path: path) }
        note("Checking the database…")
        do throws(StoreError) {
            try Store(path: path).checkIntegrity()
            return report
        } catch {
            guard case .corrupt = error else { throw error }
            report.damage = error
        }
        note("Copying the database…")
        report.copy = try copy(path, at: time)
        if (try? Store(path: path).checkRows()) != nil, (try? rebuildIndex(path, note)) != nil {
            report.isIndexRebuilt = true
            return report
        }
        note("Saving what can be read…")
        report.salvage = try replace(path)
        return report
    }

    private static func narrowPermissions(_ path: String) throws(BackupError) -> [String] {
        var narrowed: [String] = []
        for file in suffixes.map({ path + $0 }) {
            var status = stat()
            guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 else {
                continue
            }
            guard chmod(file, 0o600) == 0 else { throw .refused(file, errno) }
            narrowed.append(file)
        }
        return narrowed
    }

    private static func rebuildIndex(_ path: String, _ note: (String) -> Void) throws(StoreError) {
        note("Making the search index anew…")
        let store = try Store(path: path)
        try store.restartIndex()
        while try store.rebuildIndex() {}
        try store.checkIntegrity()
    }

    /// Copies the file, and the log where one is left, to another name beside it.
    private static func copy(_ path: String, at time: Timestamp) throws(BackupError) -> String {
        let target = try freeName("\(path).before-repair-\(time.text.prefix(19).filter { $0 != "-" && $0 != ":" })Z")
        // A copy that was killed half-way is replaced by the next one. The log gets its name first.
        for suffix in ["-wal", ""] where try Disk.look(at: path + suffix).kind == .file {
            let unfinished = path + ".copying" + suffix
            try Disk.remove(unfinished)
            let (source, output) = (
                try Disk.open(path + suffix, O_RDONLY), try Disk.open(unfinished, O_WRONLY | O_CREAT | O_EXCL)
            )
            var (buffer, offset) = ([UInt8](repeating: 0, count: pieceSize), Int64(0))
            while true {
                let count = try source.read(into: &buffer, at: offset)
                guard count > 0 else { break }
                let written = buffer.withUnsafeBytes { bytes in
                    Result { () throws(BackupError) in
                        try output.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
                    }
                }
                try written.get()
                offset += Int64(count)
            }
            try output.sync()
            try Disk.renameToNew(unfinished, to: target + suffix)
        }
        try Disk.syncFolder(Disk.folder(of: path))
        return target
    }

    /// The name, or the first of those with a number behind it, that nothing has.
    private static func freeName(_ name: String) throws(BackupError) -> String {
        var (candidate, number) = (name, 1)
        while try Disk.look(at: candidate).kind != .nothing {
            number += 1
            candidate = "\(name)-\(number)"
        }
        return candidate
    }

    /// Puts a new database with what can be read in the place of the damaged one.
    private static func replace(_ path: String) throws -> SalvageReport {
        let target = path + ".repairing"
        let leftovers = suffixes.map { target + $0 }
        for file in leftovers { try Disk.remove(file) }
        let salvage: SalvageReport
        do {
            let before = try writeMarks(path)
            salvage = try Store.salvage(path, to: target)
            guard try Disk.look(at: target + "-wal").size == 0 else {
                throw BackupError.unusable(path: target, detail: "its log could not be brought into it")
            }
            try Disk.syncFileSystem(of: Disk.folder(of: path))
            // Another program may have written meanwhile, and the new file would lack that.
            guard try Store.isUnused(path), try writeMarks(path) == before else { throw BackupError.inUse(path: path) }
        } catch {
            for file in leftovers { try? Disk.remove(file) }
            throw error
        }
        // The old log would be taken for the new file's. The copy has it.
        for suffix in ["-wal", "-shm"] { try Disk.remove(path + suffix) }
        try Disk.rename(target, to: path)
        try Disk.syncFolder(Disk.folder(of: path))
        for file in leftovers { try Disk.remove(file) }
        return salvage
    }

    /// The marks that a write to a database changes: the length and the time of its file, and the length of its log.
    private static func writeMarks(_ path: String) throws(BackupError) -> [Int64] {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .refused(path, errno) }
        let time = status.modified
        let log = try Disk.look(at: path + "-wal").size
        return [Int64(status.st_size), Int64(time.tv_sec), Int64(time.tv_nsec), log]
    }
}
