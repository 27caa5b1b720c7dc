import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `Restores to the same place` {
    private let house: BackupHouse

    init() throws { house = try BackupHouse() }

    /// The slower process has opened the file, waited for the lock, and gets it once the file is the finished database.
    @Test func `leave a database alone that another one has finished since`() throws {
        let target = house.folder.file("new.db")
        let slow = try Disk.open(target + ".restoring", O_RDWR | O_CREAT)
        try Data("finished".utf8).write(to: URL(fileURLWithPath: target + ".restoring"))
        do {
            let quick = try Disk.open(target + ".restoring", O_RDWR)
            try BackupFolder.takeAlone(quick, for: target)
            #expect(throws: BackupError.busy(path: target)) {
                try BackupFolder.takeAlone(Disk.open(target + ".restoring", O_RDWR), for: target)
            }
            try Disk.rename(target + ".restoring", to: target)
        }
        #expect(throws: BackupError.busy(path: target)) { try BackupFolder.takeAlone(slow, for: target) }
    }

    @Test func `end with one whole database, however many begin at once`() throws {
        try house.queue(20)
        _ = try house.folder.file("convo.db.files/aa/file", "bytes")
        let manifest = try house.backUp().manifest
        for round in 0..<30 {
            let target = house.folder.file("round \(round)/convo.db")
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                do {
                    _ = try house.open(.reading).restore(manifest.name, to: target)
                } catch BackupError.busy {
                } catch BackupError.targetExists {
                } catch { Issue.record(error) }
            }
            #expect(try Disk.look(at: target).size == manifest.files[0].size)
            #expect(try Disk.names(in: Disk.folder(of: target)) == ["convo.db", "convo.db.files"])
        }
    }

    /// A restore that is killed between its two renames has left the files, and the database under its other name.
    @Test func `are repeated after a kill at any moment`() throws {
        try house.queue(1)
        let big = String(repeating: "0123456789", count: 60_000)
        _ = try house.folder.file("convo.db.files/aa/big", big)
        _ = try house.folder.file("convo.db.files/empty", "")
        let name = try house.backUp().manifest.name
        for left in ["convo.db.files", "convo.db.files.restoring"] {
            let target = house.folder.file("left \(left)/convo.db")
            _ = try house.folder.file("left \(left)/convo.db.restoring", "part of a database")
            _ = try house.folder.file("left \(left)/\(left)/aa/big", big)
            _ = try house.folder.file("left \(left)/\(left)/empty", "")
            _ = try house.open(.reading).restore(name, to: target)
            #expect(try Store(path: target).census().operations == 1)
            #expect(try String(contentsOfFile: target + ".files/aa/big", encoding: .utf8) == big)
            #expect(try !Disk.names(in: Disk.folder(of: target)).contains { $0.hasSuffix(".restoring") })
        }
    }

    @Test(arguments: [["aa/file": "other"], ["aa/file": "bytes", "mine": "precious"], ["mine": "precious"]])
    func `never take a folder with other files for what was left`(files: [String: String]) throws {
        try house.queue(1)
        _ = try house.folder.file("convo.db.files/aa/file", "bytes")
        let name = try house.backUp().manifest.name
        _ = try house.folder.file("new/convo.db.restoring", "part of a database")
        for (file, text) in files { _ = try house.folder.file("new/convo.db.files/\(file)", text) }
        let target = house.folder.file("new/convo.db")
        #expect(throws: BackupError.targetExists(path: target + ".files")) {
            try house.open(.reading).restore(name, to: target)
        }
        for (file, text) in files {
            #expect(try String(contentsOfFile: target + ".files/" + file, encoding: .utf8) == text)
        }
        #expect(try Disk.names(in: house.folder.file("new")) == ["convo.db.files"])
    }
}
