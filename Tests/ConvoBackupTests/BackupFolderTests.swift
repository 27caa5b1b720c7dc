import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A backup folder` {
    private let house: BackupHouse

    init() throws { house = try BackupHouse() }

    @Test func `stores what has changed, and restores each backup`() throws {
        try house.queue(200)
        let first = try house.backUp()
        #expect(first.storedChunks > 0 && first.manifest.census.operations == 200)
        let unchanged = try house.backUp()
        // The first page counts the changes of the copy, not of the database.
        #expect(unchanged.storedBytes == 0)
        try house.queue(1)
        let second = try house.backUp()
        #expect(second.storedBytes > 0 && second.storedBytes <= first.storedBytes)
        #expect(second.manifest.census.operations == 201)
        for (backup, count) in [(first, 200), (unchanged, 200), (second, 201)] {
            let target = house.folder.file("restored \(backup.manifest.name)/convo.db")
            let restored = try house.open(.reading).restore(backup.manifest.name, to: target)
            #expect(restored.manifest == backup.manifest)
            let store = try Store(path: target)
            try store.checkIntegrity()
            #expect(try store.census().operations == count)
        }
    }

    @Test func `is private, and so is what is restored`() throws {
        try house.queue(1)
        let name = try house.backUp().manifest.name
        _ = try house.open(.reading).restore(name, to: house.folder.file("new/convo.db"))
        for root in [house.path, house.folder.file("new")] {
            let files = try #require(FileManager.default.enumerator(atPath: root))
            #expect(try house.mode(root) == 0o700)
            for case let file as String in files {
                let path = root + "/" + file
                let isFolder = try Disk.look(at: path).kind == .folder
                #expect(try house.mode(path) == (isFolder ? 0o700 : 0o600), "\(file)")
            }
        }
    }

    @Test func `holds open writes in a restored database, also in the place of the original`() throws {
        let operation = try house.queue(1)[0]
        let name = try house.backUp().manifest.name
        let copy = house.folder.file("copy.db")
        _ = try house.open(.reading).restore(name, to: copy)
        let store = try Store(path: copy)
        var request = StartRequest(inputs: .text("more"))
        request.model = "m"
        _ = try store.start(request)
        let item = try store.operation(matching: operation.rawValue)
        #expect(item.state == .held && item.reason?.code == "copied")
    }

    @Test func `never restores over a file, or beside a log that would be taken for its own`() throws {
        try house.queue(1)
        let name = try house.backUp().manifest.name
        for (number, suffix) in ["", "-wal", "-shm", "-journal"].enumerated() {
            let target = house.folder.file("new\(number).db")
            let taken = try house.folder.file("new\(number).db\(suffix)", "precious")
            #expect(throws: BackupError.targetExists(path: taken)) {
                try house.open(.reading).restore(name, to: target)
            }
            #expect(try String(contentsOfFile: taken, encoding: .utf8) == "precious")
        }
        #expect(throws: BackupError.self) { try house.open(.reading).restore(name, to: house.store.path) }
        #expect(!FileManager.default.fileExists(atPath: house.folder.file("new0.db.restoring")))
    }

    @Test func `keeps the newest backups, and exactly their chunks`() throws {
        for _ in 0..<3 {
            try house.queue(20)
            try house.backUp()
        }
        let names = try house.open(.listing).names()
        let outcome = try house.open(.removing).prune(keeping: 1)
        #expect(outcome.removed == Array(names.dropLast()) && outcome.kept == [names[2]] && outcome.chunks > 0)
        let folder = try house.open(.reading)
        #expect(try Set(folder.storedChunks()) == Set(folder.manifest(of: names[2]).files.flatMap(\.chunks)))
        #expect(try folder.verify(nil).isWhole)
        #expect(throws: BackupError.nothingToKeep) { try folder.prune(keeping: 0) }
    }

    @Test func `loses no chunk where nobody can tell who needs it`() throws {
        try house.queue(1)
        let old = try house.backUp().manifest.name
        try house.queue(1)
        let name = try house.backUp().manifest.name
        try house.damage("backups/\(name)", at: 200)
        let chunks = try house.open(.listing).storedChunks()
        #expect(throws: BackupError.self) { try house.open(.removing).prune(keeping: 1) }
        #expect(try house.open(.listing).storedChunks() == chunks)
        #expect(try house.open(.listing).names() == [old, name])
    }

    @Test func `drops what a killed backup has left`() throws {
        try house.queue(1)
        try house.backUp()
        let orphan = try [UInt8](repeating: 9, count: 30).withUnsafeBytes { bytes in
            let writer = try ChunkWriter(folder: house.path)
            let chunk = try writer.put(bytes)
            try writer.commit([chunk])
            _ = try UnsafeRawBufferPointer(rebasing: bytes[..<3]).withMemoryRebound(to: UInt8.self) { _ in
                try writer.put(UnsafeRawBufferPointer(rebasing: bytes[..<3]))
            }
            return chunk
        }
        #expect(try house.open(.reading).verify(nil).isWhole)
        try house.backUp()
        #expect(try !house.open(.listing).storedChunks().contains(orphan))
        #expect(!FileManager.default.fileExists(atPath: house.path + "/new"))
    }

    @Test func `keeps the files that lie beside the database`() throws {
        try house.queue(1)
        let big = String(repeating: "0123456789", count: 60_000)
        _ = try house.folder.file("convo.db.files/aa/big", big)
        _ = try house.folder.file("convo.db.files/empty", "")
        try FileManager.default.createSymbolicLink(
            atPath: house.folder.file("convo.db.files/link"), withDestinationPath: "/etc/hostname")
        let manifest = try house.backUp().manifest
        #expect(manifest.files.map(\.name) == ["database", "files/aa/big", "files/empty"])
        let target = house.folder.file("new/convo.db")
        _ = try house.open(.reading).restore(manifest.name, to: target)
        #expect(try String(contentsOfFile: target + ".files/aa/big", encoding: .utf8) == big)
        #expect(try Data(contentsOf: URL(fileURLWithPath: target + ".files/empty")).isEmpty)
        #expect(try house.mode(target + ".files/aa") == 0o700)
    }

    @Test func `finds a backup by the beginning of its name`() throws {
        try house.queue(1)
        let names = try (0..<3).map { _ in try house.backUp().manifest.name }
        let folder = try house.open(.listing)
        #expect(try folder.name(matching: nil) == names[2])
        #expect(try folder.name(matching: "000002") == names[1])
        #expect(throws: BackupError.ambiguousBackup("0000", candidates: names)) { try folder.name(matching: "0000") }
        for wrong in ["", "7", "../format"] {
            #expect(throws: BackupError.noSuchBackup(wrong, path: folder.path)) { try folder.name(matching: wrong) }
        }
    }
}
