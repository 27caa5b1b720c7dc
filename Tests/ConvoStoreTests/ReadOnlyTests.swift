import ConvoModel
import ConvoSQLite
import Foundation
import TestFolders
import Testing

@testable import ConvoStore

@Suite struct `A database that can only be read` {
    private let folder: TemporaryFolder
    private var path: String { folder.file("a ?#%25 b.db") }

    init() throws { folder = try TemporaryFolder() }

    private func filled() throws -> Store {
        let store = try Store(path: path)
        try store.mirror(.sample("conv_1"), [message("a", "needle")])
        return store
    }

    private func opened() throws -> Store {
        try Store(path: path, environment: .live, busyTimeoutSeconds: 1, isReadOnly: true)
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    }

    @Test func `is read where nobody has it open, and nothing is made beside it`() throws {
        do { _ = try filled() }
        let before = try files()
        let store = try opened()
        #expect(try store.conversations().count == 1)
        #expect(try store.search("needle").total == 1)
        #expect(try store.history(of: store.conversation(matching: "conv_1").id).entries.count == 1)
        #expect(try store.outbox().isEmpty)
        try store.checkIntegrity()
        #expect(try files() == before)
    }

    @Test func `is read with its log where somebody has it open`() throws {
        let writer = try filled()
        let reader = try opened()
        #expect(try reader.conversations().count == 1)
        try writer.mirror(.sample("conv_2"), [message("b", "needle")])
        #expect(try reader.search("needle").total == 2)
    }

    @Test func `is not written`() throws {
        do { _ = try filled() }
        let store = try opened()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let error = #expect(throws: StoreError.self) { try store.start(request) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("it was opened for reading"))
        #expect(refusal { _ = try store.ingest([.sample("conv_3")]) }.contains("it was opened for reading"))
        guard case .notWritable = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(throws: StoreError.self) { try store.mirror(.sample("conv_2"), []) }
    }

    @Test func `and is of an older version, says so`() throws {
        do {
            let store = try filled()
            try store.pool.write { try $0.execute(sql: "PRAGMA user_version = 1") }
        }
        let error = #expect(throws: StoreError.self) { try opened() }
        guard case .olderSchema = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func `is found out by itself`() throws {
        guard geteuid() != 0 else { return }  // root may write everywhere
        do { _ = try filled() }
        try #require(chmod(path, 0o400) == 0 && chmod(folder.url.path, 0o500) == 0)
        defer { chmod(folder.url.path, 0o700) }
        #expect(try Store(path: path).search("needle").total == 1)
    }
}
