import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A name among the manifests` {
    private let house: BackupHouse

    init() throws {
        house = try BackupHouse()
        try house.queue(1)
    }

    /// As a program that keeps folders alike names a conflict.
    @Test func `that is no backup's keeps every piece`() throws {
        let names = try (0..<2).map { _ in
            try house.queue(1)
            return try house.backUp().manifest.name
        }
        let renamed = house.path + "/backups/\(names[0]) (conflict)"
        try Disk.rename(house.path + "/backups/" + names[0], to: renamed)
        let chunks = try house.open(.listing).storedChunks()
        #expect(throws: BackupError.unknownName(path: renamed)) { try house.open(.removing).prune(keeping: 1) }
        // The next backup would remove what a killed one has left.
        try FileManager.default.createDirectory(atPath: house.path + "/new", withIntermediateDirectories: true)
        try house.backUp()
        #expect(try Set(house.open(.listing).storedChunks()).isSuperset(of: chunks))
        try Disk.rename(renamed, to: house.path + "/backups/" + names[0])
        #expect(try house.open(.reading).verify(nil).isWhole)
    }

    @Test func `whose number is the largest ends the making of backups, and not their reading`() throws {
        let name = try house.backUp().manifest.name
        _ = try house.folder.file("backups/backups/999999999999999999-20261129T084811Z", "x")
        #expect(throws: BackupError.self) { try house.backUp() }
        #expect(try house.open(.listing).names().count == 2)
        #expect(try house.open(.reading).verify(name).isWhole)
    }

    @Test func `is one of a path that a manifest has to escape`() throws {
        let store = try Store(path: house.folder.file("50%\u{301}/c.db"))
        let manifest = try house.open(.making).makeBackup(of: store, at: Timestamp(microseconds: 0)).manifest
        #expect(try house.open(.listing).manifest(of: manifest.name) == manifest)
        #expect(try house.open(.reading).verify(nil).isWhole)
    }
}
