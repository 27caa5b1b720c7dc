import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A backup folder and other people's files` {
    private let house: BackupHouse

    init() throws { house = try BackupHouse() }

    /// Everything below a folder, with the bytes of the files, except `lock`.
    private func contents(_ folder: String) throws -> [String: Data?] {
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, FileManager.default.contents(atPath: folder + "/" + $0)) })
    }

    private func link(_ name: String, to target: String) throws {
        let path = house.folder.file(name)
        try FileManager.default.createDirectory(atPath: Disk.folder(of: path), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    /// What a user may have in a folder, whose names a backup folder has too.
    @Test(arguments: [
        "new/sub/thesis.txt", "new/thesis.txt", "new/README", "new/format", "checks/result.txt", "README", "lock",
        "backups/photo.jpg", "chunks/wood.txt", "new", "backups", "chunks",
    ])
    func `are left as they are where the folder is not one of backups`(name: String) throws {
        _ = try house.folder.file("backups/\(name)", "precious")
        let before = try contents(house.path)
        for access in [BackupFolder.Access.making, .removing, .reading, .listing] {
            #expect(throws: BackupError.notABackupFolder(path: house.path)) { try house.open(access) }
        }
        #expect(try contents(house.path) == before)
    }

    @Test(arguments: ["new", "checks", "backups", "chunks", "README", "lock"])
    func `are left as they are behind a link`(name: String) throws {
        let precious = try house.folder.file("victim/thesis.txt", "precious")
        try link("backups/\(name)", to: house.folder.file("victim"))
        #expect(throws: BackupError.self) { try house.backUp() }
        #expect(FileManager.default.fileExists(atPath: precious))
    }

    @Test(arguments: ["new", "checks"])
    func `are left as they are behind a link that is made later`(name: String) throws {
        try house.queue(1)
        try house.backUp()
        let precious = try house.folder.file("victim/sub/thesis.txt", "precious")
        try link("backups/\(name)", to: house.folder.file("victim"))
        try house.backUp()
        try link("backups/\(name)", to: house.folder.file("victim"))
        _ = try house.open(.removing).prune(keeping: 1)
        #expect(FileManager.default.fileExists(atPath: precious))
        #expect(try Disk.look(at: house.path + "/" + name).kind == .nothing)
        try link("inner/a/link", to: house.folder.file("victim"))
        try Disk.removeFolder(house.folder.file("inner"))
        #expect(FileManager.default.fileExists(atPath: precious))
    }

    /// All states in which a process that makes the folder may be killed.
    @Test func `are none in what was left half made`() throws {
        let readme = BackupFolder.readme
        let states: [[(String, String)]] = [
            [], [("new/README", "")], [("new/README", String(readme.prefix(100)))], [("new/README", readme)],
            [("README", readme)], [("README", readme), ("new/format", "convo")],
            [("README", readme), ("new/format", BackupManifest.formatLine)],
        ]
        for (number, files) in states.enumerated() {
            let path = house.folder.file("state \(number)")
            for name in ["backups", "chunks", "new"] {
                try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
            }
            _ = try house.folder.file("state \(number)/lock", "")
            for (name, text) in files { _ = try house.folder.file("state \(number)/\(name)", text) }
            let folder = try BackupFolder(path, for: .making, patienceSeconds: 0)
            _ = try folder.makeBackup(of: house.store, at: Timestamp(microseconds: 0))
            #expect(try Disk.names(in: path) == ["README", "backups", "chunks", "format", "lock"])
        }
    }
}
