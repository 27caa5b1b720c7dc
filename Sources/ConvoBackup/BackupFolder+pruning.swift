/// The backups and chunks that a pruning has removed.
package struct PruneOutcome: Sendable, Hashable {
    /// The names of the removed backups, the oldest first.
    package let removed: [String]
    /// The names of the backups that stay, the oldest first.
    package let kept: [String]
    /// How many chunks were removed because no backup needs them any more.
    package let chunks: Int
    /// The length of these chunks in bytes.
    package let bytes: Int64
}

extension BackupFolder {
    /// Removes the oldest backups of each database, and the chunks that no other backup needs.
    ///
    /// A database is told by its path: one that was moved counts as another, and its older backups stay.
    /// A process that is killed meanwhile leaves the other backups whole, and chunks that nobody needs, which the next call
    /// removes. Blocks for file I/O. Call it on a folder that was opened for removing.
    ///
    /// - Parameter count: how many of the newest backups of each database stay.
    /// - Returns: what was removed.
    /// - Throws: ``BackupError/nothingToKeep``; ``BackupError/damaged(file:detail:backups:)`` if a manifest cannot be read, and
    ///   ``BackupError/unknownName(path:)`` if a file among the manifests has another name than a backup. Nothing is removed
    ///   then, because nobody knows which database it is of, and what it needs.
    package func prune(keeping count: Int) throws(BackupError) -> PruneOutcome {
        guard count > 0 else { throw .nothingToKeep }
        try requireKnownNames()
        var (removed, kept): ([String], [String]) = ([], [])
        var needed: Set<ChunkName> = []
        var counts: [[UInt8]: Int] = [:]
        for name in try names().reversed() {
            let manifest = try manifest(of: name)
            counts[manifest.databaseKey, default: 0] += 1
            if counts[manifest.databaseKey, default: 0] <= count {
                kept.insert(name, at: 0)
                for file in manifest.files { needed.formUnion(file.chunks) }
            } else {
                removed.insert(name, at: 0)
            }
        }
        for name in removed { try Disk.remove(path + "/backups/" + name) }
        // The disk has this before a chunk goes: a backup never stands there without its chunks.
        try Disk.syncFolder(path + "/backups")
        let (chunks, bytes) = try removeChunks(but: needed)
        for name in ["new", "checks"] { try Disk.removeFolder(path + "/" + name) }
        return PruneOutcome(removed: removed, kept: kept, chunks: chunks, bytes: bytes)
    }

    /// Removes the chunks that no backup needs, such as those of a backup that was killed.
    ///
    /// - Returns: how many there were, and their bytes.
    /// - Throws: as ``prune(keeping:)`` does.
    func removeUnnamedChunks() throws(BackupError) -> (chunks: Int, bytes: Int64) {
        try requireKnownNames()
        var needed: Set<ChunkName> = []
        for name in try names() {
            for file in try manifest(of: name).files { needed.formUnion(file.chunks) }
        }
        return try removeChunks(but: needed)
    }

    /// Fails where a file among the manifests has another name than a backup: it may be one that was renamed.
    private func requireKnownNames() throws(BackupError) {
        for name in try Disk.names(in: path + "/backups") where BackupManifest.number(of: name) == nil {
            throw .unknownName(path: path + "/backups/" + name)
        }
    }

    private func removeChunks(but needed: Set<ChunkName>) throws(BackupError) -> (chunks: Int, bytes: Int64) {
        var (chunks, bytes) = (0, Int64(0))
        for chunk in try storedChunks() where !needed.contains(chunk) {
            let file = path + "/" + chunk.path
            bytes += try Disk.look(at: file).size
            try Disk.remove(file)
            chunks += 1
        }
        return (chunks, bytes)
    }

    /// The chunks that the folder has, sorted; files with other names are not ours.
    func storedChunks() throws(BackupError) -> [ChunkName] {
        var chunks: [ChunkName] = []
        for prefix in try Disk.names(in: path + "/chunks") where prefix.utf8.count == 2 {
            guard try Disk.look(at: path + "/chunks/" + prefix).kind == .folder else { continue }
            chunks += try Disk.names(in: path + "/chunks/" + prefix).compactMap { ChunkName($0) }
        }
        return chunks
    }
}
