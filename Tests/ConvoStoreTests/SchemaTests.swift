import ConvoModel
import ConvoSQLite
import Dispatch
import Foundation
import TestFolders
import Testing

@testable import ConvoStore

@Suite struct `A database file` {
    @Test func `is made once, whoever opens it at the same moment`() throws {
        for _ in 0..<rounds(40) {
            let folder = try TemporaryFolder()
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                #expect(throws: Never.self) { try Store(path: folder.file("convo.db")) }
            }
        }
    }

    @Test func `is kept by SQLite itself, and by no wait that nobody needs`() throws {
        let store = try TemporaryStore().store
        let settings = try store.write { database in
            try ["foreign_keys", "synchronous"].map { try Int.fetchOne(database, sql: "PRAGMA \($0)") }
        }
        #expect(settings == [1, 1], "on, and NORMAL")
    }

    @Test(arguments: ["PRAGMA user_version = 7", "CREATE TABLE theirs (a)", "PRAGMA application_id = 7"])
    func `of another program is refused, and left as it is`(sql: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("other.db")
        try other(path, sql)
        let before = try String(contentsOfFile: path, encoding: .isoLatin1)
        let error = #expect(throws: StoreError.self) { try Store(path: path) }
        #expect("\(try #require(error))".contains("is not a Convo database"))
        #expect(try String(contentsOfFile: path, encoding: .isoLatin1) == before)
    }

    @Test func `of version 3 loses the advice on held writes, and nothing else`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        let write: OperationID
        do {
            let store = try Store(path: path)
            write = try store.start(.sample("pear")).operation
            try store.markStopped(
                write, from: .queued, as: .held, reason: OutboxItem.Reason(code: "overtaken", message: "later"))
            try store.write { database in
                try database.execute(sql: "ALTER TABLE operation ADD COLUMN reason_hint TEXT")
                try database.execute(sql: "UPDATE operation SET reason_hint = 'Look.'")
                try database.execute(sql: "ALTER TABLE conversation DROP COLUMN history_outdated_readings")
                try Self.removeChanges(database)
                try database.execute(sql: Self.downgrade)
                try database.execute(sql: "DROP TABLE index_state; DROP TABLE index_debt")
                try database.execute(sql: "PRAGMA user_version = 3")
            }
        }
        let store = try Store(path: path)
        let item = try store.operation(matching: write.rawValue)
        #expect(item.state == .held && item.reason == OutboxItem.Reason(code: "overtaken", message: "later"))
        #expect(try store.search("pear").total == 1)
        let columns = try store.read { database in
            try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info('operation')")
        }
        #expect(!columns.contains("reason_hint"))
        try store.checkIntegrity()
    }

    @Test func `of version 13 takes names and tags, and tells of them`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        do {
            let store = try Store(path: path)
            try store.mirror(.sample("conv_1"), exchange("conv_1"))
            _ = try store.start(.sample("pear"))
            try store.write { try Self.removeLabels($0) }
            try store.run("PRAGMA user_version = 13")
        }
        let store = try Store(path: path)
        let id = try store.localID(matching: "conv_1")
        #expect(try store.conversation(matching: "conv_1").tags.isEmpty && store.search("name").total == 1)
        let start = try store.changePosition()
        try store.rename(id, to: "Fruit")
        try store.tag(id, adding: ["sweet"])
        #expect(try store.changes(after: start).conversations.map(\.id) == [id])
        #expect(try store.search("fruit").total == 1 && store.search("pear").total == 1)
        #expect(
            try store.number("SELECT COUNT(*) FROM conversations WHERE local_name = 'Fruit' AND tags = 'sweet'") == 1)
        try store.checkIntegrity()
    }

    @Test func `of version 14 keeps its outbox, and takes requests of the endpoint`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        do {
            let store = try Store(path: path)
            _ = try store.start(.sample("pear"))
            try store.run("DROP TABLE request")
            try store.run("PRAGMA user_version = 14")
        }
        let store = try Store(path: path)
        #expect(try store.outbox().map(\.state) == [.queued])
        let id = store.makeOperationID()
        let accepted = try store.accept(.start(.sample("apple")), identity: "a", content: "a", isNamed: false, as: id)
        #expect(accepted != .misnamed)
        #expect(try store.earlierWrite(of: "a") == id)
        try store.checkIntegrity()
    }

    /// Takes the migrations from 14 on back.
    private static func removeLabels(_ database: Database) throws {
        try database.execute(
            sql: """
                DROP TABLE request;
                DROP TRIGGER IF EXISTS conversation_renamed;
                DROP VIEW tags; DROP VIEW conversations; DROP TABLE conversation_tag;
                ALTER TABLE conversation DROP COLUMN local_name;
                """)
    }

    /// Takes the migrations from 13 on back.
    static func removeChanges(_ database: Database) throws {
        let triggers = try String.fetchAll(
            database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%INTO change (%'")
        for trigger in triggers { try database.execute(sql: "DROP TRIGGER \(trigger)") }
        try database.execute(sql: "DROP TABLE change")
        try removeLabels(database)
    }

    /// Takes the migrations from 7 on back, but for the entries, which older versions could also read as text.
    private static let downgrade = """
        DROP INDEX operation_by_conversation; DROP INDEX operation_doubtful; DROP INDEX operation_stopped;
        DROP INDEX entry_dropped;
        DROP VIEW files; DROP TABLE file;
        DROP TABLE imported_conversation;
        DROP VIEW entries; DROP VIEW messages; DROP VIEW outbox;
        DELETE FROM fact WHERE name = 'views_version';
        ALTER TABLE entry_fts RENAME TO entry_index; ALTER TABLE conversation_fts RENAME TO conversation_index;
        """

    @Test func `of version 6 has its entries as text, whoever opens it at the same moment`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        try Self.unzip("schema-6.db.gz").write(to: URL(filePath: path))
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            #expect(throws: Never.self) { try Store(path: path) }
        }
        let store = try Store(path: path)
        #expect(try store.conversations().count == 18)
        let kinds = try store.read { try String.fetchAll($0, sql: "SELECT DISTINCT typeof(raw) FROM entry") }
        #expect(kinds == ["text"])
        #expect(try store.search("strasse").total == 5)
        #expect(try store.search("numbers").total > 0)
        try store.checkIntegrity()
    }

    @Test func `of version 6 names an entry that is damaged, and reads its history again`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        try Self.unzip("schema-6.db.gz").write(to: URL(filePath: path))
        try other(
            path,
            "UPDATE entry SET raw = x'0102030405' WHERE key = (SELECT MAX(key) FROM entry WHERE typeof(raw) = 'blob')")
        let store = try Store(path: path)
        #expect(try store.setAside().map(\.reason) == ["its text was damaged here"])
        #expect(try store.staleConversations(limit: 9, now: Timestamp(microseconds: 0)).count == 1)
        #expect(try store.status().entries == 57)
        try store.checkIntegrity()
    }

    /// A database of an earlier version.
    private static func unzip(_ name: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/databases/\(name)")
        process.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return data
    }

    private func other(_ path: String, _ sql: String) throws {
        let pool = try DatabasePool(path: path, busyTimeoutSeconds: 1) { try $0.execute(sql: sql) }
        try pool.read { _ in }
    }
}
