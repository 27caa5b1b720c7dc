/// The backups and chunks that a pruning has removed.
public struct PruneOutcome: Sendable, Hashable {
    /// The names of the removed backups, the oldest first.
    public let removed: [String]
    /// The names of the backups that stay, the oldest first.
    public let kept: [String]
    /// How many chunks were removed because no backup needs them any more.
    public let chunks: Int
    /// The length of these chunks in bytes.
    public let bytes: Int64
}

extension BackupFolder {
    /// Removes the oldest backups, and the chunks that no other backup needs.
    ///
    /// A process that is killed meanwhile leaves the other backups whole, and chunks that nobody needs, which the next call
    /// removes. Blocks for file I/O. Call it on a folder that was opened for removing.
    ///
    /// - Parameter count: how many of the newest backups stay.
    /// - Returns: what was removed.
    /// - Throws: ``BackupError/nothingToKeep``; ``BackupError/damaged(file:detail:backups:)`` if the manifest of a backup that
    ///   stays cannot be read: nothing is removed then, because nobody knows what it needs.
    public func prune(keeping count: Int) throws(BackupError) -> PruneOutcome {
        guard count > 0 else { throw .nothingToKeep }
        let names = try names()
        let (removed, kept) = (Array(names.dropLast(count)), Array(names.suffix(count)))
        let needed = try chunks(of: kept)
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
    func removeUnnamedChunks() throws(BackupError) -> (chunks: Int, bytes: Int64) {
        try removeChunks(but: try chunks(of: try names()))
    }

    private func chunks(of names: [String]) throws(BackupError) -> Set<ChunkName> {
        var chunks: Set<ChunkName> = []
        for name in names {
            for file in try manifest(of: name).files { chunks.formUnion(file.chunks) }
        }
        return chunks
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
