import ConvoIPC
import ConvoPlatform

/// The files that lie beside a database, in `<database>.files`.
extension BackupFolder {
    /// How deep folders of files may lie in each other.
    private static let depthLimit = 10

    /// Cuts the files of a folder beside a database into chunks, in the order of their names; a missing folder has none.
    ///
    /// The folder may be a link to one, because a person may have moved it to a larger disk. Inside it, whatever is not a plain file
    /// is left out.
    ///
    /// - Parameters:
    ///   - folder: the path of the folder.
    ///   - chunkSize: the length of a chunk in bytes.
    ///   - name: stores a chunk, or only names it.
    /// - Returns: the files as a manifest names them.
    /// - Throws: ``BackupError/unusable(path:detail:)`` if there is something else than a folder, or a file cannot be read.
    static func files(
        in folder: String, chunkSize: Int = BackupFolder.chunkSize,
        _ name: (UnsafeRawBufferPointer) throws(BackupError) -> ChunkName
    ) throws(BackupError) -> [BackupManifest.File] {
        guard try Disk.look(at: folder).kind != .nothing else { return [] }
        let real = DatabaseFile.canonicalPath(of: folder)
        guard try Disk.look(at: real).kind == .folder else {
            throw .unusable(path: folder, detail: "it is neither a folder nor a link to one")
        }
        var files: [BackupManifest.File] = []
        for (path, file) in try plainFiles(in: real, as: BackupManifest.filesPrefix) {
            do throws(BackupError) {
                files.append(try cut(path, as: file, chunkSize, name))
            } catch .missing { continue }  // it was removed meanwhile
        }
        return files
    }

    private static func plainFiles(
        in folder: String, as prefix: String, depth: Int = 0
    ) throws(BackupError) -> [(path: String, name: String)] {
        guard depth <= depthLimit else { return [] }
        var files: [(path: String, name: String)] = []
        for name in try Disk.names(in: folder) {
            let (path, name) = (folder + "/" + name, prefix + name)
            switch try Disk.look(at: path).kind {
            case .folder: files += try plainFiles(in: path, as: name + "/", depth: depth + 1)
            case .file: files.append((path, name))
            case .nothing, .other: continue
            }
        }
        return files
    }

    private static func cut(
        _ path: String, as name: String, _ chunkSize: Int,
        _ nameOf: (UnsafeRawBufferPointer) throws(BackupError) -> ChunkName
    ) throws(BackupError) -> BackupManifest.File {
        let file = try Disk.open(path, O_RDONLY)
        var size: Int64 = 0
        var chunks: [ChunkName] = []
        var buffer = [UInt8](repeating: 0, count: chunkSize)
        while true {
            let count = try file.read(into: &buffer, at: size)
            guard count > 0 else { break }
            let chunk = buffer.withUnsafeBytes { bytes in
                Result { () throws(BackupError) in try nameOf(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
            }
            chunks.append(try chunk.get())
            size += Int64(count)
            if count < buffer.count { break }
        }
        return BackupManifest.File(name: name, size: size, chunks: chunks)
    }
}
