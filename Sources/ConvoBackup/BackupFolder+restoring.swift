import ConvoIPC
import ConvoPlatform

extension BackupFolder {
    /// Restores a backup into a new place.
    ///
    /// The database gets its name last, after the disk has all of it: a process that is killed leaves files ending in
    /// `.restoring`, which the next call replaces. Every chunk is checked on the way. The restored database is a copy, so
    /// the store holds the writes that were open in it.
    ///
    /// The folder `<database>.files` gets its name before the database. So a process that is killed in between leaves that
    /// folder: it is taken as it is where it has the backup's files, byte for byte, and nothing of it is ever removed.
    ///
    /// Blocks for file I/O. Call it on a folder that was opened for reading.
    ///
    /// - Parameters:
    ///   - name: the backup's whole name.
    ///   - target: the path of the new database; missing folders are made, 0700.
    /// - Returns: the manifest, and the canonical path of the new database.
    /// - Throws: ``BackupError/targetExists(path:)`` if anything is there, or a log of SQLite's that would be taken for the
    ///   new file's, or a folder with other files; ``BackupError/damaged(file:detail:backups:)`` if a chunk is damaged or missing;
    ///   ``BackupError/busy(path:)`` if another process restores to this place.
    package func restore(
        _ name: String, to target: String
    ) throws(BackupError) -> (manifest: BackupManifest, database: String) {
        let manifest = try manifest(of: name)
        let target = DatabaseFile.canonicalPath(of: target)
        try BackupFolder.requireFree(target)
        let files = target + ".files"
        let parent = Disk.folder(of: target)
        try Disk.makeFolder(parent)
        let database = try Disk.open(target + ".restoring", O_RDWR | O_CREAT)
        try BackupFolder.takeAlone(database, for: target)
        do throws(BackupError) {
            // Another process may have restored to this place since.
            try BackupFolder.requireFree(target)
            try Disk.removeFolder(files + ".restoring")
            let newFiles = try BackupFolder.isThere(files, with: manifest) ? [] : manifest.files.dropFirst()
            for file in newFiles {
                let path = files + ".restoring/" + file.nameBesideDatabase
                try Disk.makeFolder(Disk.folder(of: path))
                try write(file, of: manifest, to: try Disk.open(path, O_RDWR | O_CREAT | O_EXCL))
            }
            try write(manifest.files[0], of: manifest, to: database)
            if !newFiles.isEmpty {
                try Disk.syncFileSystem(of: parent)
                try Disk.renameToNew(files + ".restoring", to: files)
            }
            try Disk.renameToNew(target + ".restoring", to: target)
            try Disk.syncFolder(parent)
        } catch {
            // This restore removes the database's name last: another restore that makes the name anew owns the folder of files
            // from then on.
            try? Disk.removeFolder(files + ".restoring")
            unlink(target + ".restoring")
            throw error
        }
        return (manifest, target)
    }

    /// Takes the lock on the file that becomes the database.
    ///
    /// The lock goes with the descriptor, and the file keeps its identity when it is renamed. So a process that opened it before
    /// another one renamed it would have the lock on a finished database, which it must not write to.
    ///
    /// - Throws: ``BackupError/busy(path:)`` if another process has the file, or it has lost its name since it was opened.
    static func takeAlone(_ file: OpenFile, for target: String) throws(BackupError) {
        guard DescriptorLock.tryLock(file.descriptor, isExclusive: true), file.hasItsName else {
            throw .busy(path: target)
        }
    }

    /// - Throws: ``BackupError/targetExists(path:)`` if there is a database, or a log of one.
    private static func requireFree(_ target: String) throws(BackupError) {
        for suffix in ["", "-wal", "-shm", "-journal"] where try Disk.look(at: target + suffix).kind != .nothing {
            throw .targetExists(path: target + suffix)
        }
    }

    /// Whether the folder of the files is there already, left by a restore that was killed before the database got its name.
    ///
    /// - Throws: ``BackupError/targetExists(path:)`` if it has other files than the backup: it is a user's then.
    private static func isThere(_ folder: String, with manifest: BackupManifest) throws(BackupError) -> Bool {
        let wanted = Array(manifest.files.dropFirst())
        guard !wanted.isEmpty, try Disk.look(at: folder).kind != .nothing else { return false }
        guard try Disk.look(at: folder).kind == .folder,
            try files(in: folder, chunkSize: manifest.chunkSize, { ChunkName(of: $0) }) == wanted
        else { throw .targetExists(path: folder) }
        return true
    }

    /// Writes one file of a backup, and waits until the disk has it.
    ///
    /// - Throws: ``BackupError/damaged(file:detail:backups:)`` if a chunk is not what it is named after.
    func write(
        _ file: BackupManifest.File, of manifest: BackupManifest, to output: OpenFile
    ) throws(BackupError) {
        guard ftruncate(output.descriptor, 0) == 0 else { throw .refused(output.path, errno) }
        var offset: Int64 = 0
        for (place, chunk) in file.chunks.enumerated() {
            let size = BackupManifest.length(ofChunk: place, in: file.size, chunkSize: manifest.chunkSize)
            switch read(chunk, limit: manifest.chunkSize) {
            case .failure(let damage): throw .damaged(file: chunk.path, detail: damage.reason, backups: [manifest.name])
            case .success(let bytes):
                guard bytes.count == size else {
                    throw .damaged(
                        file: "backups/" + manifest.name,
                        detail: "\(chunk.path) has \(bytes.count) bytes, and not \(size)",
                        backups: [manifest.name])
                }
                let written = bytes.withUnsafeBytes { buffer in
                    Result { () throws(BackupError) in try output.write(buffer, at: offset) }
                }
                try written.get()
            }
            offset += Int64(size)
        }
        try output.sync()
    }

    /// Why a chunk is not what its name says; the end of a sentence.
    struct ChunkDamage: Error, Hashable {
        let reason: String
    }

    /// Reads a chunk, and compares its bytes with its name.
    func read(_ chunk: ChunkName, limit: Int) -> Result<[UInt8], ChunkDamage> {
        let bytes: [UInt8]
        do throws(BackupError) {
            bytes = try Disk.read(path + "/" + chunk.path, limit: limit)
        } catch .missing {
            return .failure(ChunkDamage(reason: "it is missing"))
        } catch .unusable(_, let detail) {
            return .failure(ChunkDamage(reason: detail))
        } catch {
            return .failure(ChunkDamage(reason: "\(error)"))
        }
        guard bytes.withUnsafeBytes({ ChunkName(of: $0) }) == chunk else {
            return .failure(ChunkDamage(reason: "its bytes are not those that it is named after"))
        }
        return .success(bytes)
    }
}
