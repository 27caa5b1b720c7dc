import ConvoSQLite
import Testing

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

    @Test func `says at once that a file is none of SQLite's`() throws {
        #expect(throws: DatabaseError.self) {
            try DatabasePool(path: "/dev/null/no.db", busyTimeoutSeconds: 1) { _ in }
        }
    }
}
