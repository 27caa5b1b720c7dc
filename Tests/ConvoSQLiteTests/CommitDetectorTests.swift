import Testing

@testable import ConvoSQLite

@Suite struct `A commit detector` {
    private let file: TemporaryDatabase
    private let detector: CommitDetector

    init() throws {
        file = try TemporaryDatabase()
        detector = try file.pool.makeCommitDetector()
    }

    private func add(_ pool: DatabasePool) throws {
        try pool.write { try $0.execute(sql: "INSERT INTO item (value) VALUES (1)") }
    }

    /// Whether it tells of a commit that the work makes.
    private func tells(of work: () throws -> Void) throws -> Bool {
        let before = try #require(detector.version)
        try work()
        return try #require(detector.version) != before
    }

    @Test func `tells of each commit of its own pool`() throws {
        for _ in 0..<50 { #expect(try tells { try add(file.pool) }) }
    }

    @Test func `tells of commits of others, and of those after the log was begun anew`() throws {
        let other = try DatabasePool(path: file.path, busyTimeoutSeconds: 20) { _ in }
        #expect(try tells { try add(other) })
        _ = try other.writeWithoutTransaction { $0.restartLog(ifLongerThan: 0) }
        #expect(try tells { try add(other) })
        #expect(try tells { try add(file.pool) })
    }

    @Test func `tells nothing where nothing was committed`() throws {
        struct Refused: Error {}
        #expect(try !tells { _ = try file.pool.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM item") } })
        let isTold = try tells {
            #expect(throws: Refused.self) {
                try file.pool.write { database in
                    try database.execute(sql: "INSERT INTO item (value) VALUES (1)")
                    throw Refused()
                }
            }
        }
        #expect(!isTold)
    }

    @Test func `does not wait for a writer, and tells of its work once that is committed`() throws {
        let isTold = try tells {
            try file.pool.write { database in
                try database.execute(sql: "INSERT INTO item (value) VALUES (1)")
                #expect(try !tells {})
            }
        }
        #expect(isTold)
    }
}
