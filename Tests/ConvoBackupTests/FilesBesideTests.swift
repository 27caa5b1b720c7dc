import ConvoModel
import ConvoStore
import Foundation
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `The files beside a database` {
    private let house: BackupHouse

    init() throws { house = try BackupHouse() }

    private func link(to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: house.store.path + ".files", withDestinationPath: target)
    }

    /// A person has moved the files to a larger disk.
    @Test func `are kept where a link leads to them`() throws {
        _ = try house.folder.file("elsewhere/aa/big", "bytes")
        try link(to: house.folder.file("elsewhere"))
        let manifest = try house.backUp().manifest
        #expect(manifest.files.map(\.name) == ["database", "files/aa/big"])
        let target = house.folder.file("new/convo.db")
        _ = try house.open(.reading).restore(manifest.name, to: target)
        #expect(try String(contentsOfFile: target + ".files/aa/big", encoding: .utf8) == "bytes")
    }

    @Test func `are not silently left out`() throws {
        let files = house.store.path + ".files"
        let error = BackupError.unusable(path: files, detail: "it is neither a folder nor a link to one")
        _ = try house.folder.file("convo.db.files", "a file")
        #expect(throws: error) { try house.backUp() }
        try FileManager.default.removeItem(atPath: files)
        try link(to: "nowhere")
        #expect(throws: error) { try house.backUp() }
        #expect(try house.open(.listing).names().isEmpty)
    }

    @Test func `that the database names and nobody has are told`() throws {
        let chunks = ["f1", "f2"].map {
            #"{"type":"tool_file","file_id":"\#($0)","file_name":"\#($0)","file_type":"png"}"#
        }
        try house.mirror(
            #"{"type":"message.output","id":"a","created_at":"2026-01-01T00:00:00Z","role":"assistant","content":[\#(chunks.joined(separator: ","))]}"#
        )
        let keys = try house.store.files().map(\.key)
        #expect(keys.count == 2)
        #expect(try house.backUp().missingFiles.isEmpty, "they are not stored yet")
        for key in keys {
            guard var partial = try house.store.fileFolder.partial(key) else { throw StoreError.noSuchFile(key) }
            try partial.append(Array("%PDF-1.7 \(key)".utf8))
            _ = try house.store.keep(partial, as: key)
        }
        #expect(try house.backUp().missingFiles.isEmpty)
        let lost = try #require(try house.store.files()[0].path)
        try FileManager.default.removeItem(atPath: lost)
        let outcome = try house.backUp()
        #expect(outcome.missingFiles.map { house.store.path + ".files/" + $0 } == [lost])
        #expect(outcome.manifest.files.count == 2)
        #expect(try house.open(.reading).verify(nil).isWhole)
    }
}
