import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A folder with backups of several databases` {
    private let house: BackupHouse
    private let other: Store

    init() throws {
        house = try BackupHouse()
        // The same letters in another form: to a file system, another name.
        other = try Store(path: house.folder.file("a\u{301}.db"))
    }

    private func backUpOther() throws -> String {
        try house.open(.making).makeBackup(of: other, at: Timestamp(microseconds: 0)).manifest.name
    }

    @Test func `keeps the newest of each`() throws {
        let theirs = try (0..<2).map { _ in try backUpOther() }
        let third = try Store(path: house.folder.file("\u{E1}.db"))
        let alone = try house.open(.making).makeBackup(of: third, at: Timestamp(microseconds: 0)).manifest.name
        try house.queue(1)
        let ours = try (0..<3).map { _ in try house.backUp().manifest.name }
        let outcome = try house.open(.removing).prune(keeping: 1)
        #expect(outcome.kept == [theirs[1], alone, ours[2]])
        #expect(outcome.removed == [theirs[0], ours[0], ours[1]])
        #expect(try house.open(.listing).names() == outcome.kept)
        let verified = try house.open(.reading).verify(nil)
        #expect(verified.isWhole && verified.opened == outcome.kept)
    }

    @Test func `restores none of them unless it is named`() throws {
        let theirs = try backUpOther()
        let folder = try house.open(.listing)
        #expect(try folder.name(matching: nil) == theirs)
        let ours = try house.backUp().manifest.name
        let error = BackupError.severalDatabases([other.path, house.store.path], path: folder.path)
        #expect(throws: error) { try folder.name(matching: nil) }
        #expect(error.description.contains(other.path) && error.description.contains(house.store.path))
        #expect(try folder.name(matching: ours) == ours)
    }

    /// The newest of one database is damaged as a database, although all its pieces are whole.
    @Test func `is checked database by database`() throws {
        let manifest = try house.open(.making).makeBackup(of: other, at: Timestamp(microseconds: 0)).manifest
        let ours = try house.backUp().manifest.name
        let census = StoreCensus(
            schemaVersion: manifest.census.schemaVersion, conversations: 5, entries: 0, operations: 0,
            openOperations: 0)
        let more = BackupManifest(
            name: manifest.name, madeAt: manifest.madeAt, database: manifest.database, census: census,
            chunkSize: manifest.chunkSize, files: manifest.files)
        try Data(more.text.utf8).write(to: URL(fileURLWithPath: house.path + "/backups/" + manifest.name))
        let outcome = try house.open(.reading).verify(nil)
        #expect(outcome.findings == [.otherContent(backup: manifest.name, detail: "0 conversations, and not 5")])
        #expect(outcome.opened == [manifest.name, ours])
    }
}
