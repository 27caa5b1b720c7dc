import ConvoJSON
import ConvoModel
import Foundation
import Testing

@testable import ConvoStore

@Suite final class `Files that entries refer to`: StoreSuite {
    private func answer(_ id: String, _ files: [String]) throws -> JSONText {
        let chunks = files.map { #"{"type":"tool_file","file_id":"\#($0)","file_name":"\#($0)","file_type":"png"}"# }
        return try JSONText(
            #"{"type":"message.output","id":"\#(id)","created_at":"2026-01-01T00:00:00Z","role":"assistant","content":[\#(chunks.joined(separator: ","))]}"#
        )
    }

    private func mirror(_ entries: [JSONText], updated: String = "2026-01-02T00:00:00Z") throws {
        try store.mirror(.sample("conv_1", updated: updated), entries.map(\.text))
    }

    private func keep(_ key: Int64, _ text: String) throws -> Int? {
        try store.keep(try partial(key, text), as: key)
    }

    /// The part of a file that is here, with more bytes behind it.
    private func partial(_ key: Int64, _ text: String = "") throws -> PartialFile {
        guard var partial = try store.fileFolder.partial(key) else { throw StoreError.noSuchFile(key) }
        try partial.append(Array(text.utf8))
        return partial
    }

    /// How many bytes of a file are here.
    private func size(_ key: Int64) throws -> Int64 {
        let partial = try partial(key)
        return Int64(partial.size)
    }

    @Test func `are due once their entries are stored`() throws {
        try mirror([answer("a", ["f1", "f2"]), answer("b", [])])
        let due = try store.dueFiles(limit: 9, now: temporary.clock.now)
        #expect(due.map(\.source) == [.id("f1"), .id("f2")])
        try store.delay(file: due[0].key, until: temporary.clock.now + .seconds(60), reason: "server_failed")
        #expect(try store.dueFiles(limit: 9, now: temporary.clock.now).map(\.key) == [due[1].key])
        try store.markUnavailable(file: due[1].key, as: .gone, reason: "not_found")
        #expect(try store.nextFileAttempt(now: temporary.clock.now) == temporary.clock.now + .seconds(60))
        #expect(try store.fileCounts() == [.pending: 1, .gone: 1])
    }

    @Test func `keep what is known of them when their entry changes`() throws {
        try mirror([answer("a", ["f1", "f2"])])
        let keys = try store.files().map(\.key)
        _ = try keep(keys[0], "one")
        _ = try keep(keys[1], "two")
        try mirror([answer("a", ["f1", "f3", "f4"])], updated: "2026-01-03T00:00:00Z")
        let files = try store.files()
        #expect(files.map(\.name) == ["f1", "f3", "f4"])
        #expect(files.map(\.state) == [.stored, .pending, .pending])
        try mirror([answer("a", ["f1"])], updated: "2026-01-04T00:00:00Z")
        #expect(try store.files().map(\.name) == ["f1"])
        #expect(try store.files().map(\.state) == [.stored])
    }

    @Test func `with the same bytes are there once, for their owner only, and go with the last conversation`() throws {
        try mirror([answer("a", ["f1", "f2"])])
        let keys = try store.files().map(\.key)
        #expect(try keep(keys[0], "%PDF-1.7 same") == 13)
        #expect(try keep(keys[1], "%PDF-1.7 same") == 13)
        let files = try store.files()
        #expect(files.map(\.mediaType) == ["application/pdf", "application/pdf"])
        #expect(Set(files.map(\.path)).count == 1)
        let path = try #require(files[0].path)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("%PDF-1.7 same".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(store.fileFolderBytes() == 13)
        let id = try store.conversation(matching: "conv_1").id
        _ = try store.delete(id, .local)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try store.files().isEmpty)
    }

    @Test func `are fetched anew where their bytes are lost, and stay where they are not`() throws {
        try mirror([answer("a", ["f1"])])
        let key = try store.files()[0].key
        _ = try keep(key, "one")
        try store.retry(file: key)
        #expect(try store.file(key).state == .stored)
        try FileManager.default.removeItem(atPath: try #require(try store.file(key).path))
        try store.retry(file: key)
        #expect(try store.file(key).state == .pending)
        #expect(throws: StoreError.self) { try store.retry(file: 99) }
    }

    /// A process dies when it has all the bytes, and before it can say so.
    @Test func `are not fetched twice where all their bytes are here`() throws {
        try mirror([answer("a", ["f1"])])
        let key = try store.files()[0].key
        _ = try store.fileFolder.finish(try partial(key, "one"))
        #expect(store.hasWhole(file: key))
        #expect(store.fileFolderBytes() == 3)
        #expect(try store.keep(nil, as: key) == 3)
        #expect(!store.hasWhole(file: key))
        #expect(try store.file(key).state == .stored)
    }

    /// A process dies when the row says that the file is stored, and before the file's first name is taken away.
    @Test func `have one name, also where a process could not take the first away`() throws {
        try mirror([answer("a", ["f1", "f2"])])
        let (folder, files) = (store.fileFolder, try store.files())
        for file in files {
            let label = try folder.finish(try partial(file.key, "bytes of \(file.key)"))
            let content = try folder.content(label)
            if file.key == files[0].key { _ = try store.keep(nil, as: file.key) }
            // Both have two names now, and only the first is stored.
            let name = folder.path(of: content.digest, content.mediaType.ending)
            if file.key == files[0].key {
                try FileManager.default.linkItem(atPath: name, toPath: folder.path + "/whole-" + label)
            } else {
                try folder.place(label, content)
            }
        }
        #expect(store.hasWhole(file: files[0].key))
        try store.tidyFileFolder()
        #expect(!store.hasWhole(file: files[0].key))
        #expect(store.hasWhole(file: files[1].key))
        #expect(try store.keep(nil, as: files[1].key) == "bytes of \(files[1].key)".utf8.count)
        for file in try store.files() { #expect(FileManager.default.fileExists(atPath: try #require(file.path))) }
    }

    /// The same, where an equal file had been stored before: the second has no name of its own.
    @Test func `have one name, also where an equal file could not be taken away`() throws {
        try mirror([answer("a", ["f1", "f2"])])
        let (folder, files) = (store.fileFolder, try store.files())
        _ = try keep(files[0].key, "same")
        let label = try folder.finish(try partial(files[1].key, "same"))
        let left = folder.path + "/left"
        try FileManager.default.copyItem(atPath: folder.path + "/whole-" + label, toPath: left)
        _ = try store.keep(nil, as: files[1].key)
        try FileManager.default.moveItem(atPath: left, toPath: folder.path + "/whole-" + label)
        try store.tidyFileFolder()
        #expect(store.fileFolderBytes() == 4)
        #expect(FileManager.default.fileExists(atPath: try #require(try store.files()[1].path)))
    }

    @Test func `that were stored or are not named any more take no other answer`() throws {
        try mirror([answer("a", ["f1", "f2"])])
        let keys = try store.files().map(\.key)
        _ = try keep(keys[0], "one")
        try store.markUnavailable(file: keys[0], as: .gone, reason: "not_found")
        #expect(try store.file(keys[0]).state == .stored)
        let late = try partial(keys[1], "two")
        try mirror([answer("a", ["f1", "f3"])], updated: "2026-01-03T00:00:00Z")
        #expect(try store.keep(late, as: keys[1]) == nil)
        #expect(try store.files().map(\.state) == [.stored, .pending])
        #expect(try store.files().map(\.key).contains(keys[1]) == false)
    }

    @Test func `leave nothing where their conversation was deleted while they were fetched`() throws {
        try mirror([answer("a", ["f1", "f2", "f3"])])
        let (folder, keys) = (store.fileFolder, try store.files().map(\.key))
        _ = try folder.finish(partial(keys[0], "whole"))
        _ = try size(keys[1])
        let fetching = try partial(keys[2], "bytes")
        _ = try store.delete(store.conversation(matching: "conv_1").id, .local)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1, "one is being fetched")
        #expect(try store.keep(fetching, as: keys[2]) == nil)
        #expect(store.fileFolderBytes() == 0)
    }

    /// An older copy of the database was put back: its rows do not know the file.
    @Test func `stay where no row knows them, and where another entry has the same bytes`() throws {
        try mirror([answer("a", ["f1"])])
        try store.mirror(.sample("conv_2"), [answer("b", ["f2"]).text])
        for file in try store.files() { _ = try keep(file.key, "same") }
        let path = try #require(try store.files()[0].path)
        _ = try store.delete(store.conversation(matching: "conv_1").id, .local)
        #expect(FileManager.default.fileExists(atPath: path), "conv_2 has it")
        try store.run("DELETE FROM file")
        try mirror([answer("c", [])])
        #expect(store.fileFolderBytes() == 4)
    }

    @Test func `are fetched by one process at a time, which goes on where another one ended`() throws {
        try mirror([answer("a", ["f1"])])
        let (folder, key) = (store.fileFolder, try store.files()[0].key)
        do {
            guard var partial = try folder.partial(key) else { throw StoreError.noSuchFile(key) }
            try partial.append([1, 2, 3])
            if try folder.partial(key) != nil { Issue.record("two have it") }
        }
        #expect(try size(key) == 3)
        if try folder.partial(key + 1) != nil { Issue.record("a row that is not there has a file") }
    }

    /// The older copy gives the number of a row that it does not know to another row.
    @Test func `that were cut do not go on in another row of the same number, where an older database is put back`()
        throws
    {
        try mirror([answer("a", ["f1", "f2"])])
        let keys = try store.files().map(\.key)
        for (key, text) in zip(keys, ["half of", "whole one"]) {
            let begun = try partial(key, text)
            if key == keys[1] { _ = try store.fileFolder.finish(begun) }
        }
        try store.run("DELETE FROM file; DELETE FROM sqlite_sequence WHERE name = 'file'")
        try mirror([answer("a", ["f3", "f4"])], updated: "2026-01-03T00:00:00Z")
        #expect(try store.files().map(\.key) == keys)
        #expect(!store.hasWhole(file: keys[1]))
        #expect(try keys.map(size) == [0, 0])
        // The file that was cut goes on once its row is back, under whatever number.
        try mirror([answer("a", ["f4", "f1", "f2"])], updated: "2026-01-04T00:00:00Z")
        let again = try store.files().map(\.key)
        #expect(try size(again[1]) == 7)
        #expect(store.hasWhole(file: again[2]))
    }

    @Test func `lose what an earlier version left under the number of a row`() throws {
        try mirror([answer("a", ["f1"])])
        let (folder, key) = (store.fileFolder, try store.files()[0].key)
        guard var partial = try folder.partial(key) else { throw StoreError.noSuchFile(key) }
        try partial.append([1, 2, 3])
        let boot = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.path)[0].split(separator: "-").last)
        for name in ["partial-\(key)-\(boot)", "whole-\(key)", "partial-\(String(repeating: "a", count: 64))-earlier"] {
            try Data("old".utf8).write(to: URL(filePath: folder.path + "/" + name))
        }
        try store.tidyFileFolder()
        #expect(store.fileFolderBytes() == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }

    @Test func `of another account are not asked for`() throws {
        try mirror([answer("a", ["f1"])])
        _ = try store.adopt(server: "https://other", account: nil, key: nil)
        #expect(try store.dueFiles(limit: 9, now: temporary.clock.now).isEmpty)
    }
}
