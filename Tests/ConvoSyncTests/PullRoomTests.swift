import ConvoModel
import ConvoSQLite
import Expectations
import Foundation
import Testing

@testable import ConvoStore
@testable import ConvoSync

/// Another program reads for long, and SQLite cannot begin its log anew meanwhile.
@Suite struct `A pull beside a read that does not end` {
    @Test func `waits for room in the log behind what it has stored, and goes on after a while`() async throws {
        let (test, release) = (try TestEngine(), DispatchSemaphore(value: 0))
        _ = test.server.make()
        let store = test.store
        await withCheckedContinuation { hasBegun in
            Thread.detachNewThread {
                try? store.read { database in
                    _ = try Int64.fetchOne(database, sql: "SELECT COUNT(*) FROM fact")
                    hasBegun.resume()
                    release.wait()
                }
            }
        }
        func lengthenLog(by fillers: Int) throws {
            for _ in 0..<fillers {
                try store.write { database in
                    try database.execute(
                        sql: "INSERT INTO fact VALUES ('filler ' || random(), hex(randomblob(5000000)))")
                }
            }
        }
        try lengthenLog(by: 5)
        guard case .verified = await test.pullExecutor.perform(.verify),
            case .listed = await test.pullExecutor.perform(.list(page: 0, size: 100))
        else {
            throw Unexpected("not listed")
        }
        #expect(test.clock.sleeps == Store.longestWaitForRoom * 10)
        try lengthenLog(by: 2)  // the wait has let it grow by less
        _ = await test.pullExecutor.perform(.ingest([]))
        #expect(test.clock.sleeps == 2 * Store.longestWaitForRoom * 10)
        release.signal()
    }
}
