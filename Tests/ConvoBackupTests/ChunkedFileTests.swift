import ConvoSQLite
import Foundation
import SeededRandom
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A file made of chunks` {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("backups")
        _ = try BackupFolder(path, for: .making)
    }

    private func put(_ bytes: [UInt8], _ writer: ChunkWriter) throws -> ChunkName {
        try bytes.withUnsafeBytes { try writer.put($0) }
    }

    /// The file as its chunks say.
    private func content(_ file: BackupManifest.File, _ writer: ChunkWriter) throws -> [UInt8] {
        try file.chunks.flatMap { try writer.load($0, size: 1 << 20) }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `holds what was written, in whatever order`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        let writer = try ChunkWriter(folder: path)
        let chunkSize = chance.int(in: 1...64)
        let file = ChunkedFile(chunkSize: chunkSize, writer: writer)
        var model: [UInt8] = []
        for _ in 0..<300 {
            let offset = chance.int(in: 0...1500)
            let count = chance.int(in: 0...200)
            switch chance.int(in: 0...9) {
            case 0:
                try file.truncate(to: Int64(offset))
                model = Array(model.prefix(offset)) + [UInt8](repeating: 0, count: max(0, offset - model.count))
            case 1...3 where offset + count <= model.count:
                var bytes = [UInt8](repeating: 7, count: count)
                try bytes.withUnsafeMutableBytes { try file.read($0, at: Int64(offset)) }
                #expect(bytes == Array(model[offset..<offset + count]))
            default:
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) }
                try bytes.withUnsafeBytes { try file.write($0, at: Int64(offset)) }
                guard count > 0 else { continue }
                model += [UInt8](repeating: 0, count: max(0, offset + count - model.count))
                model.replaceSubrange(offset..<offset + count, with: bytes)
            }
            #expect(file.size == Int64(model.count))
        }
        let finished = try file.finish(name: "database")
        #expect(try content(finished, writer) == model)
        #expect(finished.size == Int64(model.count))
        #expect(finished.chunks.count == (model.count + chunkSize - 1) / chunkSize)
    }

    @Test func `has each chunk once, under a name that is final once the disk has it`() throws {
        let writer = try ChunkWriter(folder: path)
        let chunk = try put([1, 2, 3], writer)
        #expect(try put([1, 2, 3], writer) == chunk)
        let unused = try put([4], writer)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(chunk.path)"))
        try writer.commit([chunk, chunk])
        #expect(try Disk.read("\(path)/\(chunk.path)", limit: 10) == [1, 2, 3])
        #expect((writer.storedChunks, writer.storedBytes) == (1, 3))
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(unused.path)"))
        let later = try ChunkWriter(folder: path)
        #expect(try put([1, 2, 3], later) == chunk)
        try later.commit([chunk])
        #expect(later.storedChunks == 0)
    }

    @Test func `writes a chunk anew that lost its end since`() throws {
        let writer = try ChunkWriter(folder: path)
        let chunk = try put([1, 2, 3], writer)
        try writer.commit([chunk])
        try Data([1]).write(to: URL(fileURLWithPath: "\(path)/\(chunk.path)"))
        let later = try ChunkWriter(folder: path)
        _ = try put([1, 2, 3], later)
        try later.commit([chunk])
        #expect(try Disk.read("\(path)/\(chunk.path)", limit: 10) == [1, 2, 3])
    }

    @Test func `is refused where a chunk that is changed once more was damaged meanwhile`() throws {
        let writer = try ChunkWriter(folder: path)
        let chunk = try put([1, 2, 3], writer)
        try writer.commit([chunk])
        try Data([1, 2, 4]).write(to: URL(fileURLWithPath: "\(path)/\(chunk.path)"))
        #expect(throws: BackupError.self) { try writer.load(chunk, size: 3) }
    }
}
