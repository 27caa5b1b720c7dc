import ConvoModel
import ConvoSQLite
import Foundation
import TestFolders
import Testing

@testable import ConvoStore

/// What was released stays as it is: a migration, and a database that somebody has.
@Suite struct `What a release has made` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/databases")

    /// The releases whose databases are kept, in their order.
    static let releases = ["0.1.0"]

    /// Each landed migration stands in `migrations.sha256`, as sha256sum(1) writes it. A database counts the migrations that it
    /// has: one that changes would be missing from those who have the older one. Write another migration instead.
    @Test func `keeps its migrations byte for byte`() throws {
        let lines = try String(contentsOf: Self.folder.appending(path: "migrations.sha256"), encoding: .utf8)
            .split(separator: "\n")
        try #require(lines.count == Schema.migrations.count, "a new migration has a line of its own there")
        for (line, migration) in zip(lines, Schema.migrations) {
            #expect(line.prefix(64) == SHA256.hex(migration.sql), "\(line.dropFirst(66)) has changed")
        }
    }

    @Test(arguments: releases) func `is a database that opens, and has lost nothing`(release: String) throws {
        let (folder, path) = try unpacked(release)
        let expected = try String(contentsOfFile: folder.file("content.txt"), encoding: .utf8).split(separator: "\n")
        let store = try Store(path: path, environment: ReleasedDatabase.dependencies(SettableClock()))
        #expect(try ContentDigest(of: store).lines == expected.map(String.init))
        #expect(try store.number("PRAGMA user_version") == Schema.version)
        try store.checkIntegrity()
        try store.checkRows()
    }

    @Test(arguments: releases) func `is a database of which each part is still known`(release: String) throws {
        let (folder, path) = try unpacked(release)
        let store = try Store(path: path, environment: ReleasedDatabase.dependencies(SettableClock()))
        #expect(try store.knows(key: "a key of the fixture") && !store.knows(key: "another"))
        #expect(try store.owner().server == "https://api.mistral.ai")
        #expect(try store.cachedPage(at: PageKey(page: 1, size: 7))?.count == 2)
        #expect(try store.setAside().map(\.name) == [nil, "it has no id", nil])
        #expect(try store.conversation(matching: "conv_other").importState == .whole)
        #expect(try store.conversation(matching: "conv_lyon").title == "Trip to Lyon")
        #expect(try store.tags().map(\.conversations).sorted() == [1, 2])
        #expect(try store.conflictPolicy(of: store.localID(matching: "conv_code")) == .branch)
        let stored = try #require(try store.files().first { $0.state == .stored })
        #expect(stored.path.map { FileManager.default.contents(atPath: $0) } == Data("a,b\n1,2\n".utf8))
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: releases) func `is a database whose index is complete, once its debts are paid`(release: String)
        throws
    {
        let (folder, path) = try unpacked(release)
        let store = try Store(path: path, environment: ReleasedDatabase.dependencies(SettableClock()))
        #expect(try store.number("SELECT COUNT(*) FROM index_debt") ?? 0 > 0, "one of a program that was older")
        while try store.rebuildIndex() {}
        for (word, least) in [("strasse", 2), ("東京", 2), ("budget", 2), ("pear", 1), ("trip", 1), ("tag:travel", 2)] {
            #expect(try store.search(word).total >= least, "\(word)")
        }
        #expect(try store.number("SELECT COUNT(*) FROM index_debt") == 0)
        try store.checkIntegrity()
        withExtendedLifetime(folder) {}
    }

    /// A test of the fixture's maker: a table that it left empty would be migrated untested.
    @Test func `has rows in each table`() throws {
        let folder = try TemporaryFolder()
        try ReleasedDatabase.make(at: folder.file("convo.db"))
        let store = try Store(
            path: folder.file("convo.db"), environment: ReleasedDatabase.dependencies(SettableClock()))
        let tables = try store.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_fts\\_%' ESCAPE '\\'
                    ORDER BY name
                    """)
        }
        #expect(tables.count > 12)
        for table in tables { #expect(try store.number("SELECT COUNT(*) FROM \(table)") ?? 0 > 0, "\(table)") }
        for state in ["queued", "sending", "in_doubt", "delivered", "refused", "held", "cancelled"] {
            #expect(try store.number("SELECT COUNT(*) FROM operation WHERE state = ?", state) ?? 0 > 0, "\(state)")
        }
        for column in ["dropped_at", "completed_at", "role"] {
            #expect(try store.number("SELECT COUNT(\(column)) FROM entry") ?? 0 > 0, "\(column)")
        }
    }

    @Test func `is the same database each time it is made`() throws {
        let folder = try TemporaryFolder()
        let digests = try ["one.db", "two.db"].map { name in
            try ReleasedDatabase.make(at: folder.file(name))
            return try ContentDigest(
                of: Store(path: folder.file(name), environment: ReleasedDatabase.dependencies(SettableClock())))
        }
        #expect(digests[0] == digests[1])
        withExtendedLifetime(folder) {}
    }

    /// What `scripts/fixture` runs: writes the database of a release into the folder that the variable names.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CONVO_FIXTURE"] != nil))
    func `is written where scripts-fixture asks for it`() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["CONVO_FIXTURE"])
        try ReleasedDatabase.make(at: "\(folder)/convo.db")
        let store = try Store(
            path: "\(folder)/convo.db", environment: ReleasedDatabase.dependencies(SettableClock()))
        let lines = try ContentDigest(of: store).lines
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: "\(folder)/content.txt", atomically: false, encoding: .utf8)
    }

    /// A release's database, in a folder that lives as long as the value.
    private func unpacked(_ release: String) throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "tar", "-xzf", Self.folder.appending(path: "release-\(release).tar.gz").path, "-C", folder.path,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return (folder, folder.file("convo.db"))
    }
}
