package import ConvoModel
import ConvoPlatform
package import ConvoStore

/// A backup that was made, and how much of it was new.
package struct BackupOutcome: Sendable, Hashable {
    /// The contents of the backup.
    package let manifest: BackupManifest
    /// How many chunks the folder did not have before.
    package let storedChunks: Int
    /// The length of these chunks in bytes.
    package let storedBytes: Int64
    /// The files that the database names as stored and that are not beside it, nor in the backup: their paths in
    /// `<database>.files`, sorted.
    package let missingFiles: [String]
}

extension BackupFolder {
    /// The length of a chunk in bytes.
    ///
    /// Smaller ones store less where a page here and there has changed, larger ones are fewer files. DESIGN.md has the figures.
    static let chunkSize = 64 << 10

    /// Makes a backup of a store as it is at one moment, while other processes read and write it.
    ///
    /// The backup stores only the chunks that no earlier backup in the folder has. A process that is killed meanwhile leaves all earlier
    /// backups whole; what it has written is removed by the next backup. The disk has the backup when this returns.
    ///
    /// Blocks for file I/O, in proportion to the size of the database. Call it on a folder that was opened for making.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - time: the present moment.
    ///   - progress: is told how many of the database's pages are copied, and of how many.
    /// - Returns: what was made.
    /// - Throws: ``BackupError``, with ``BackupError/diskFull(path:)`` where there is no room; `StoreError` if the
    ///   database cannot be read. Nothing has changed then for the backups that are there. A stored file that is missing is no
    ///   error: somebody may have removed it.
    package func makeBackup(
        of store: Store, at time: Timestamp, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> BackupOutcome {
        let name = BackupManifest.name(after: try names(), at: time)
        guard BackupManifest.number(of: name) != nil else {
            throw BackupError.unusable(path: path + "/backups", detail: "no number is above that of its newest backup")
        }
        let wasInterrupted = try Disk.look(at: path + "/new").kind != .nothing
        try Disk.removeFolder(path + "/checks")
        let writer = try ChunkWriter(folder: path)
        do {
            let database = ChunkedFile(chunkSize: BackupFolder.chunkSize, writer: writer)
            let (census, named) = try store.copy(to: database, progress: progress)
            var files = [try database.finish(name: BackupManifest.databaseName)]
            // The database is copied first: a file that it names was there by then.
            files += try BackupFolder.files(in: store.path + ".files", writer.put)
            let held = Set(files.dropFirst().map(\.nameBesideDatabase))
            let manifest = BackupManifest(
                name: name, madeAt: time, database: store.path, census: census, chunkSize: BackupFolder.chunkSize,
                files: files)
            try requireReadable(manifest)
            try writer.commit(files.flatMap(\.chunks))
            try write(Array(manifest.text.utf8), to: "new/manifest")
            try Disk.rename(path + "/new/manifest", to: path + "/backups/" + name)
            try Disk.syncFolder(path + "/backups")
            // The backup is made: what is left to do concerns earlier runs only.
            if wasInterrupted { _ = try? removeUnnamedChunks() }
            try? Disk.removeFolder(path + "/new")
            return BackupOutcome(
                manifest: manifest, storedChunks: writer.storedChunks, storedBytes: writer.storedBytes,
                missingFiles: named.filter { !held.contains($0) })
        } catch {
            // The room is given back at once; where that fails too, the next backup does it.
            try? Disk.removeFolder(path + "/new")
            throw error
        }
    }

    /// Fails where a manifest could not be read again: a backup that nobody can restore is not reported as made.
    private func requireReadable(_ manifest: BackupManifest) throws(BackupError) {
        do throws(ManifestError) {
            guard try BackupManifest(text: manifest.text) == manifest else {
                throw .damaged("it is read as another one")
            }
        } catch {
            let reason = if case .damaged(let reason) = error { reason } else { "\(error)" }
            throw .unusable(
                path: path + "/backups/" + manifest.name, detail: "it could not be read after that: \(reason)")
        }
    }
}
