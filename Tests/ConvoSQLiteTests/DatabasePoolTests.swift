import ConvoIPC
import ConvoPlatform
import Testing

@testable import ConvoSQLite

@Suite struct `A pool` {
    private let file: TemporaryDatabase

    init() throws { file = try TemporaryDatabase() }

    private func add(_ database: Database) throws {
        let last = try Int.fetchOne(database, sql: "SELECT MAX(value) FROM item") ?? 0
        try database.execute(sql: "INSERT INTO item (value) VALUES (?)", arguments: [last + 1])
    }

    @Test func `lets a reader stay in its moment while another one writes`() throws {
        try file.pool.read { before in
            #expect(try Int.fetchOne(before, sql: "SELECT COUNT(*) FROM item") == 0)
            try file.pool.write(add)
            #expect(try Int.fetchOne(before, sql: "SELECT COUNT(*) FROM item") == 0)
            let after = try file.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item") }
            #expect(after == 1)
        }
    }

    @Test func `goes on after it has given memory back, beside a reader too, and where its file is gone`() throws {
        func count() throws -> Int? { try file.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item") } }
        try file.pool.write(add)
        file.pool.releaseMemory()
        try file.pool.read { before in
            #expect(try Int.fetchOne(before, sql: "SELECT COUNT(*) FROM item") == 1)
            file.pool.releaseMemory()
            try file.pool.write(add)
            #expect(try Int.fetchOne(before, sql: "SELECT COUNT(*) FROM item") == 1)
        }
        #expect(try count() == 2)
        #expect(rename(file.path, file.path + ".moved") == 0)
        file.pool.releaseMemory()
        #expect(access(file.path, F_OK) != 0, "no file is made")
        #expect(try count() == 2)
    }

    @Test func `opens no other file than its own, and makes none where its own is gone`() throws {
        try file.pool.write(add)
        let moved = file.path + ".moved"
        #expect(rename(file.path, moved) == 0)
        func count() throws -> Int? { try file.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item") } }
        func openAnother() throws {
            try file.pool.read { (_: Database) -> Void in
                #expect(throws: DatabaseError.self) { _ = try count() }
            }
        }
        try openAnother()
        #expect(access(file.path, F_OK) != 0, "no file is made")
        #expect(try count() == 1)
        let other = try DatabasePool(path: file.path, busyTimeoutSeconds: 5) { _ in }
        try other.write { try $0.execute(sql: "CREATE TABLE other (value)") }
        try openAnother()
        try file.pool.write(add)
        #expect(try count() == 2)
        #expect(try other.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM sqlite_schema") } == 1)
    }

    @Test func `lets writers take turns`() async throws {
        let (writers, turns) = (8, 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<writers {
                group.addTask { for _ in 0..<turns { try file.pool.write(add) } }
            }
            try await group.waitForAll()
        }
        let values = try file.pool.read { try Int.fetchAll($0, sql: "SELECT value FROM item ORDER BY key") }
        #expect(values == Array(1...writers * turns))
    }

    @Test func `keeps the log short however much is written`() throws {
        let megabytes = 100
        for _ in 0..<megabytes {
            try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (randomblob(1 << 20))") }
        }
        file.pool.finishCheckpoints()
        var status = stat()
        #expect(stat(file.path + "-wal", &status) == 0)
        #expect(status.st_size < megabytes << 19)
        let count = try file.pool.read {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item WHERE length(value) > 9")
        }
        #expect(count == megabytes)
    }

    @Test func `has no room in the log while a reader needs all of it, and has it again at once`() throws {
        let reader = try DatabasePool(path: file.path, busyTimeoutSeconds: 1) { _ in }
        try reader.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM item") == 0)
            for _ in 0..<60 where file.pool.hasRoomInLog() {
                try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (randomblob(1 << 20))") }
            }
            #expect(!file.pool.hasRoomInLog())
            // Others can write all the same.
            try file.pool.write(add)
            #expect(!file.pool.hasRoomInLog())
        }
        #expect(file.pool.hasRoomInLog())
        var status = stat()
        #expect(stat(file.path + "-wal", &status) == 0)
        let longest = status.st_size
        #expect(longest < 48 << 20)
        for _ in 0..<8 {
            try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (randomblob(1 << 20))") }
        }
        #expect(stat(file.path + "-wal", &status) == 0)
        #expect(status.st_size == longest)
    }

    @Test func `waits for room once every few megabytes beside a read that does not end`() throws {
        let reader = try DatabasePool(path: file.path, busyTimeoutSeconds: 1) { _ in }
        func writeUntilFull() throws -> Int {
            for count in 0..<60 {
                guard file.pool.hasRoomInLog() else { return count }
                try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (randomblob(1 << 20))") }
            }
            return 60
        }
        try reader.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM item") == 0)
            let first = try writeUntilFull()
            #expect((30..<48).contains(first))
            file.pool.waitForRoomInLog(seconds: 0)
            #expect(file.pool.hasRoomInLog())
            let second = try writeUntilFull()
            #expect((7...9).contains(second))
        }
        // Once SQLite has begun the log anew, the pool lets it grow to the first limit again.
        #expect(file.pool.hasRoomInLog())
        try reader.read { database in
            #expect(try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM item") != 0)
            let third = try writeUntilFull()
            #expect((30..<48).contains(third))
        }
    }

    @Test func `shows that a writer of another process waits, as long as it does`() async throws {
        let room = WriterQueue(beside: file.path)
        let other = try DatabasePool(path: file.path, busyTimeoutSeconds: 20) { _ in }
        #expect(!room.isOccupied)
        var waiting: Task<Void, any Error>?
        try file.pool.write { database in
            try add(database)
            waiting = Task.detached { try other.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (0)") } }
            while !room.isOccupied { sched_yield() }
        }
        try await waiting?.value
        #expect(!room.isOccupied)
        room.yieldToWaiters()
    }

    @Test func `is not kept by one who waits and is stopped`() throws {
        let room = WriterQueue(beside: file.path)
        let ticket = try #require(room.enter())
        defer { close(ticket) }
        try file.pool.write(add)
        #expect(room.isOccupied)
    }

    @Test func `says at once that a file is none of SQLite's`() throws {
        #expect(throws: DatabaseError.self) {
            try DatabasePool(path: "/dev/null/no.db", busyTimeoutSeconds: 1) { _ in }
        }
    }
}
