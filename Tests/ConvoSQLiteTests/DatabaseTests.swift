import ConvoSQLite
import Testing

@Suite struct `A database` {
    private let file: TemporaryDatabase

    init() throws { file = try TemporaryDatabase() }

    private func count() throws -> Int? {
        try file.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item") }
    }

    @Test func `gives values back as they were bound`() throws {
        try file.pool.write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f",
                arguments: [Int64.min, 0.1, "é\u{0}🙂", "", nil, true])
            let values = try #require(row)
            #expect(values["a"] == Int64.min)
            #expect(values["b"] == 0.1)
            #expect(values["c"] == "é\u{0}🙂")
            #expect(values["d"] as String? == "")
            #expect(values["e"] as String? == nil && values.isNull("e"))
            #expect(values["f"] == true)
        }
    }

    @Test func `reads NULL as nothing where nobody asks for an optional`() throws {
        let row = try #require(try file.pool.read { try Row.fetchOne($0, sql: "SELECT NULL AS a") })
        #expect(row["a"] == "")
        #expect(row["a"] == 0)
    }

    @Test func `keeps nothing of a write that throws`() throws {
        struct Change: Error {}
        #expect(throws: Change.self) {
            try file.pool.write { database in
                try database.execute(sql: "INSERT INTO item (value) VALUES (?)", arguments: [1])
                throw Change()
            }
        }
        #expect(try count() == 0)
        try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (?)", arguments: [1]) }
        #expect(try count() == 1)
    }

    @Test(arguments: ["INSERT INTO item (value) VALUES (1)", "DELETE FROM item"])
    func `refuses a read that writes`(sql: String) throws {
        #expect(throws: DatabaseError.self) { try file.pool.read { try $0.execute(sql: sql) } }
        #expect(throws: DatabaseError.self) { try file.pool.read { try $0.cachedStatement(sql: sql).execute() } }
        try file.pool.write { try $0.cachedStatement(sql: sql).execute() }
        #expect(throws: DatabaseError.self) { try file.pool.read { try $0.cachedStatement(sql: sql).execute() } }
    }

    @Test func `refuses too many values, too few, and two statements at once`() throws {
        for (sql, values) in [
            ("SELECT ?", [1, 2] as StatementArguments), ("SELECT ?, ?", [1]), ("SELECT 1; SELECT ?", [1]), ("", [1]),
        ] {
            #expect(throws: DatabaseError.self) {
                try file.pool.read { try Int.fetchOne($0, sql: sql, arguments: values) }
            }
        }
    }

    @Test func `lets a statement be used while it gives its rows`() throws {
        try file.pool.write { database in
            for value in 1...3 {
                try database.execute(sql: "INSERT INTO item (value) VALUES (?)", arguments: [value])
            }
            let sql = "SELECT value FROM item ORDER BY key"
            var pairs: [[Int]] = []
            let outer = try Row.fetchCursor(database, sql: sql)
            while let row = try outer.next() {
                pairs.append(try Int.fetchAll(database, sql: sql).map { $0 * row["value"] })
            }
            #expect(pairs == [[1, 2, 3], [2, 4, 6], [3, 6, 9]])
        }
    }

    @Test func `knows a column that another process has added`() throws {
        let sql = "SELECT * FROM item"
        try file.pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (?)", arguments: [1]) }
        _ = try file.pool.read { try Row.fetchAll($0, sql: sql) }
        let other = try DatabasePool(path: file.path, busyTimeoutSeconds: 20) { _ in }
        try other.write { try $0.execute(sql: "ALTER TABLE item ADD COLUMN more INTEGER DEFAULT 7") }
        #expect(try file.pool.read { try Row.fetchOne($0, sql: sql)?["more"] } == 7)
    }

    @Test func `says what was wrong in SQLite's words`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try file.pool.read { try Int.fetchOne($0, sql: "SELECT x FROM nowhere") }
        }
        #expect(error?.message.contains("nowhere") == true)
    }
}
