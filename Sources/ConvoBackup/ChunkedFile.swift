import ConvoPlatform
import ConvoSQLite
import ConvoStore

/// The chunks of a folder, and those that a backup adds to them.
///
/// A new chunk is written to `new/`. ``commit(_:)`` gives the chunks their final names, once the disk has all of them.
/// So what has a name in `chunks/` is whole, also after a power cut, and a backup need not write it again.
final class ChunkWriter {
    /// After so many new bytes the disk is waited for, so that no commit of another process waits for a larger heap.
    private static let syncBytes = 32 << 20

    private let folder: String
    private var unsynced = 0
    private var fresh: Set<ChunkName> = []
    /// How many chunks were new to the folder, and their bytes.
    private(set) var storedChunks = 0
    private(set) var storedBytes: Int64 = 0

    /// Begins with an empty `new/`.
    ///
    /// - Parameter folder: the path of a backup folder that the caller has locked.
    /// - Throws: ``BackupError``.
    init(folder: String) throws(BackupError) {
        self.folder = folder
        try Disk.removeFolder(folder + "/new")
        try Disk.makeFolder(folder + "/new")
    }

    private func newPath(_ chunk: ChunkName) -> String { "\(folder)/new/\(chunk)" }

    /// Stores a chunk, unless the folder has it.
    func put(_ bytes: UnsafeRawBufferPointer) throws(BackupError) -> ChunkName {
        let chunk = ChunkName(of: bytes)
        guard !fresh.contains(chunk) else { return chunk }
        let present = try Disk.look(at: "\(folder)/\(chunk.path)")
        // A file of another length was damaged since; it is written anew.
        if present.kind == .file, present.size == Int64(bytes.count) { return chunk }
        try Disk.write(bytes, to: newPath(chunk))
        fresh.insert(chunk)
        unsynced += bytes.count
        if unsynced >= ChunkWriter.syncBytes {
            try Disk.syncFileSystem(of: folder)
            unsynced = 0
        }
        return chunk
    }

    /// Reads a chunk that was stored, in this run or before.
    func load(_ chunk: ChunkName, size: Int) throws(BackupError) -> [UInt8] {
        let path = fresh.contains(chunk) ? newPath(chunk) : "\(folder)/\(chunk.path)"
        let bytes = try Disk.read(path, limit: size)
        guard bytes.withUnsafeBytes({ ChunkName(of: $0) }) == chunk else {
            throw .damaged(file: chunk.path, detail: "its bytes are not those that it is named after", backups: [])
        }
        return bytes
    }

    /// Gives chunks their final names, after the disk has them.
    ///
    /// - Parameter chunks: those that the backup is made of; what else was written is dropped with `new/`.
    /// - Throws: ``BackupError``; some chunks may have their names by then, which harms nobody.
    func commit(_ chunks: [ChunkName]) throws(BackupError) {
        try Disk.syncFileSystem(of: folder)
        for chunk in chunks where fresh.remove(chunk) != nil {
            try Disk.makeFolder("\(folder)/chunks/\(chunk.description.prefix(2))")
            let size = try Disk.look(at: newPath(chunk)).size
            try Disk.rename(newPath(chunk), to: "\(folder)/\(chunk.path)")
            storedChunks += 1
            storedBytes += size
        }
        try Disk.syncFileSystem(of: folder)
    }
}

/// A database file that exists as chunks: what SQLite writes is cut, named and stored while it comes.
///
/// SQLite writes a copy nearly in the order of its pages, so few chunks are open at once. One that is written to once
/// more is read again.
final class ChunkedFile: VirtualFile {
    private enum Chunk {
        case zeros
        case open([UInt8])
        case stored(ChunkName, size: Int)
    }

    /// How many chunks are held in memory; the first, whose page changes last, is always one of them.
    private static let openLimit = 32

    private let chunkSize: Int
    private let writer: ChunkWriter
    private var chunks: [Chunk] = []
    private var open: Set<Int> = []
    private(set) var size: Int64 = 0

    /// Makes an empty file.
    init(chunkSize: Int, writer: ChunkWriter) {
        self.chunkSize = chunkSize
        self.writer = writer
    }

    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        try eachPart(of: bytes.count, at: offset) { place, within, range in
            try openChunk(place)
            guard case .open(let content) = chunks[place] else { return }
            content[within..<within + range.count].withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: bytes[range]).copyMemory(from: $0)
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        guard !bytes.isEmpty else { return }
        size = max(size, offset + Int64(bytes.count))
        try eachPart(of: bytes.count, at: offset) { place, within, range in
            while chunks.count <= place { chunks.append(.zeros) }
            try openChunk(place)
            guard case .open(var content) = chunks[place] else { return }
            chunks[place] = .zeros  // so that the bytes are changed in place, and not copied
            content.withUnsafeMutableBytes {
                UnsafeMutableRawBufferPointer(rebasing: $0[within..<within + range.count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            chunks[place] = .open(content)
        }
    }

    func truncate(to size: Int64) throws {
        let count = Int((size + Int64(chunkSize) - 1) / Int64(chunkSize))
        if chunks.count > count { chunks.removeLast(chunks.count - count) }
        while chunks.count < count { chunks.append(.zeros) }
        open = open.filter { $0 < count }
        let rest = BackupManifest.length(ofChunk: count - 1, in: size, chunkSize: chunkSize)
        if size < self.size, rest < chunkSize, count > 0 {
            try openChunk(count - 1)
            guard case .open(var content) = chunks[count - 1] else { return }
            for place in rest..<chunkSize { content[place] = 0 }
            chunks[count - 1] = .open(content)
        }
        self.size = size
    }

    /// Stores what is still open.
    ///
    /// - Returns: the file as a manifest names it.
    func finish(name: String) throws(BackupError) -> BackupManifest.File {
        var names: [ChunkName] = []
        names.reserveCapacity(chunks.count)
        for place in chunks.indices { names.append(try store(place)) }
        return BackupManifest.File(name: name, size: size, chunks: names)
    }

    /// Splits a range of the file at the chunks' borders.
    private func eachPart(
        of count: Int, at offset: Int64, _ work: (_ place: Int, _ within: Int, _ range: Range<Int>) throws -> Void
    ) throws {
        var done = 0
        while done < count {
            let (place, within) = (offset + Int64(done)).quotientAndRemainder(dividingBy: Int64(chunkSize))
            let part = min(chunkSize - Int(within), count - done)
            try work(Int(place), Int(within), done..<done + part)
            done += part
        }
    }

    /// Brings a chunk into memory, whole; behind the file's end it has zeros.
    private func openChunk(_ place: Int) throws(BackupError) {
        switch chunks[place] {
        case .open: return
        case .zeros: chunks[place] = .open([UInt8](repeating: 0, count: chunkSize))
        case .stored(let name, let size):
            let bytes = try writer.load(name, size: size)
            chunks[place] = .open(bytes + [UInt8](repeating: 0, count: chunkSize - bytes.count))
        }
        open.insert(place)
        while open.count > ChunkedFile.openLimit, let oldest = open.filter({ $0 > 0 && $0 != place }).min() {
            _ = try store(oldest)
        }
    }

    private func store(_ place: Int) throws(BackupError) -> ChunkName {
        let length = BackupManifest.length(ofChunk: place, in: size, chunkSize: chunkSize)
        // A chunk that was stored while the file ended in it is shorter than the file is now.
        if case .stored(let name, let size) = chunks[place], size == length { return name }
        try openChunk(place)
        guard case .open(let content) = chunks[place] else {
            throw .unusable(path: "chunk \(place)", detail: "it is not in memory")
        }
        let name = try ChunkedFile.put(content.prefix(length), writer)
        chunks[place] = .stored(name, size: length)
        open.remove(place)
        return name
    }

    private static func put(_ bytes: ArraySlice<UInt8>, _ writer: ChunkWriter) throws(BackupError) -> ChunkName {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(BackupError) in try writer.put(buffer) }
        }
        return try result.get()
    }
}

/// The name of a chunk: the SHA-256 of its bytes, as 64 small hexadecimal digits.
package struct ChunkName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The digits.
    package let description: String

    /// Reads a name; `nil` for anything but 64 small hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        description = String(text)
    }

    /// The name of a chunk with these bytes.
    package init(of bytes: UnsafeRawBufferPointer) { description = SHA256.hex(bytes) }

    /// The chunk's path in the backup folder.
    package var path: String { "chunks/\(description.prefix(2))/\(description)" }

    /// Orders names by their digits.
    package static func < (left: ChunkName, right: ChunkName) -> Bool { left.description < right.description }
}
