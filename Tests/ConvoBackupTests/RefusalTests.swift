import ConvoModel
import ConvoStore
import Expectations
import Foundation
import SeededRandom
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `Backups refuse` {
    private let house: BackupHouse

    init() throws { house = try BackupHouse() }

    private func error(_ work: () throws -> Void) -> BackupError? {
        do {
            try work()
            return nil
        } catch { return error as? BackupError }
    }

    @Test func `a folder that holds something else, and leave it as it is`() throws {
        _ = try house.folder.file("backups/holiday.jpg", "picture")
        for access in [BackupFolder.Access.making, .removing, .reading, .listing] {
            #expect(error { _ = try house.open(access) } == .notABackupFolder(path: house.path))
        }
        #expect(try Disk.names(in: house.path) == ["holiday.jpg"])
        #expect(
            error { _ = try BackupFolder(house.folder.path, for: .making) }
                == .notABackupFolder(path: house.folder.path))
    }

    @Test func `a folder that is missing, a file in its place, and a newer layout`() throws {
        #expect(error { _ = try house.open(.listing) } == .missing(path: house.path))
        let file = try house.folder.file("file", "x")
        #expect(
            error { _ = try BackupFolder(file, for: .making) } == .unusable(path: file, detail: "it is not a folder"))
        try house.backUp()
        try Data("convo-backup 2\n".utf8).write(to: URL(fileURLWithPath: house.path + "/format"))
        for access in [BackupFolder.Access.making, .removing, .reading, .listing] {
            #expect(error { _ = try house.open(access) } == .newerLayout(path: house.path, version: 2))
        }
    }

    @Test func `to remove while others read, to make while others make, and no list at any time`() throws {
        try house.backUp()
        do {
            let reader = try house.open(.reading)
            _ = try house.open(.reading)
            #expect(error { _ = try house.open(.removing) } == .busy(path: house.path))
            #expect(try house.open(.listing).names().count == 1)
            withExtendedLifetime(reader) {}
        }
        let maker = try house.open(.making)
        #expect(error { _ = try house.open(.making) } == .busy(path: house.path))
        #expect(error { _ = try house.open(.reading) } == .busy(path: house.path))
        #expect(try house.open(.listing).names().count == 1)
        withExtendedLifetime(maker) {}
    }

    @Test func `a damaged piece, and name the file and all backups that need it`() throws {
        try house.queue(50)
        let names = try (0..<2).map { _ in try house.backUp().manifest.name }
        let chunk = try house.open(.listing).manifest(of: names[0]).files[0].chunks[0]
        try house.damage(chunk.path, at: 100)
        let outcome = try house.open(.reading).verify(nil)
        guard case .damaged(let file, _, let backups) = outcome.findings.first else {
            throw Unexpected("nothing was found")
        }
        #expect(file == chunk.path && backups == names && outcome.findings.count == 1 && outcome.opened.isEmpty)
        let target = house.folder.file("new.db")
        guard case .damaged(file, _, [names[1]]) = error({ _ = try house.open(.reading).restore(names[1], to: target) })
        else { throw Unexpected("it was restored") }
        #expect(try Disk.names(in: house.folder.path).filter { $0.hasPrefix("new.db") }.isEmpty)
        try FileManager.default.removeItem(atPath: house.path + "/" + chunk.path)
        #expect(try house.open(.reading).verify(nil).findings.count == 1)
        try house.backUp()
        #expect(try house.open(.reading).verify(nil).isWhole)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `any bit that is another, in chunks and manifests`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        try house.queue(5)
        let names = try (0..<2).map { _ in try house.backUp().manifest.name }
        let chunks = try house.open(.listing).storedChunks().map(\.path)
        let drawn = chance.element(of: chunks + names.map { "backups/" + $0 })
        let file = try #require(drawn)
        let size = try Disk.look(at: house.path + "/" + file).size
        #expect(try house.open(.reading).verify(nil).isWhole)
        try house.damage(file, at: chance.int(in: 0...Int(size) - 1), bit: chance.int(in: 0...7))
        let outcome = try house.open(.reading).verify(nil)
        #expect(!outcome.isWhole)
        #expect(outcome.findings.map(\.description).joined().contains(file))
    }

    @Test func `a manifest that promises more than the database holds`() throws {
        try house.queue(3)
        let manifest = try house.backUp().manifest
        let census = StoreCensus(
            schemaVersion: 7, conversations: 3, entries: 0, operations: 4, openOperations: 3)
        let more = BackupManifest(
            name: manifest.name, madeAt: manifest.madeAt, database: manifest.database, census: census,
            chunkSize: manifest.chunkSize, files: manifest.files)
        try Data(more.text.utf8).write(to: URL(fileURLWithPath: house.path + "/backups/" + manifest.name))
        let outcome = try house.open(.reading).verify(manifest.name)
        #expect(outcome.findings == [.otherContent(backup: manifest.name, detail: "3 writes, and not 4")])
    }

    @Test func `links inside the folder, and follow one to it`() throws {
        let link = house.folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "backups")
        let name = try BackupFolder(link, for: .making).makeBackup(of: house.store, at: Timestamp(microseconds: 0))
            .manifest.name
        #expect(try house.open(.listing).names() == [name])
        let chunk = try house.open(.listing).storedChunks()[0]
        let away = house.folder.file("away")
        try FileManager.default.moveItem(atPath: house.path + "/" + chunk.path, toPath: away)
        try FileManager.default.createSymbolicLink(atPath: house.path + "/" + chunk.path, withDestinationPath: away)
        #expect(try !house.open(.reading).verify(nil).isWhole)
        #expect(try house.backUp().storedChunks == 1)
        #expect(try house.open(.reading).verify(nil).isWhole)
    }

    @Test func `nothing where the folder itself lies beside the database, or was left half made`() throws {
        try FileManager.default.createDirectory(atPath: house.path + "/backups", withIntermediateDirectories: true)
        _ = try house.folder.file("backups/lock", "")
        #expect(error { _ = try house.open(.reading) } == .notABackupFolder(path: house.path))
        try house.backUp()
        #expect(try house.open(.reading).verify(nil).isWhole)
        #expect(try house.mode(house.path) == 0o700)
    }
}
