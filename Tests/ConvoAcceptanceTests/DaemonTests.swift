import ConvoModel
import Foundation
import Testing

@Suite struct `The daemon` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    private func delivered(_ count: Int) async throws -> Bool? {
        let items = try await user.json("outbox", "--all") as? [[String: Any]] ?? []
        return items.count { $0["state"] as? String == "delivered" } >= count ? true : nil
    }

    @Test func `delivers a write at once, without polling for it`() async throws {
        let server = try await user.sandbox()
        _ = try await user.daemon("--poll-interval", "86400", with: server.variables)
        let start = try #require(try await user.json("start", "hello", "--model", "m") as? [String: Any])
        let id = try #require(start["id"] as? String)
        let queued = try #require(try await user.json("outbox", "--all") as? [[String: Any]]).first?["created_at"]
        let entries = try await user.until("the answer is here") {
            let history = try await user.json("history", id) as? [String: Any]
            let entries = history?["entries"] as? [[String: Any]] ?? []
            return entries.count == 2 ? entries : nil
        }
        // The time from the commit here to the server's first entry. The wake-up takes milliseconds; the limit leaves
        // time for a machine that is busy with other tests.
        let from = try #require((queued as? String).flatMap { Timestamp($0) })
        let to = try #require((entries.first?["created_at"] as? String).flatMap { Timestamp($0) })
        #expect(to.microseconds - from.microseconds < 5_000_000)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `stops within five seconds with a write on its way, and loses nothing`(signal: Int32) async throws {
        let server = try await user.sandbox()
        let daemon = try await user.daemon(with: server.variables)
        _ = try await user.convo("start", "sandbox:slow=60000 hello", "--model", "m")
        _ = try await user.until("the write is on its way") {
            let items = try await user.json("outbox") as? [[String: Any]]
            return items?.first?["state"] as? String == "sending" ? true : nil
        }
        let clock = ContinuousClock()
        let told = clock.now
        daemon.signal(signal)
        #expect(await daemon.end().exitCode == 0)
        #expect(clock.now - told < .seconds(5))
        let items = try #require(try await user.json("outbox") as? [[String: Any]])
        #expect(items.count == 1)
    }

    @Test func `reads its configuration again when told to`() async throws {
        let server = try await user.sandbox()
        let config = user.folder.appendingPathComponent("config.toml")
        func use(_ url: String) throws { try Data("server_url = \"\(url)\"\n".utf8).write(to: config) }
        try use("http://127.0.0.1:1")
        let daemon = try await user.daemon(with: ["CONVO_CONFIG": config.path])
        _ = try await user.convo("start", "hello", "--model", "m")
        try use(server.url)
        daemon.signal(SIGHUP)
        _ = try await user.until("the write is delivered") { try await delivered(1) }
    }

    @Test func `is one to a database`() async throws {
        let server = try await user.sandbox()
        let first = try await user.daemon(with: server.variables)
        let second = await (try user.start("convod", [], server.variables)).end()
        #expect(second.exitCode == 75)
        #expect(second.errors.contains("\(first.id)"))
        let status = try #require(try await user.json("status") as? [String: Any])
        #expect((status["daemon"] as? [String: Any])?["pid"] as? Int == Int(first.id))
    }

    @Test func `and many commands at once share the database`() async throws {
        let server = try await user.sandbox()
        _ = try await user.daemon("--poll-interval", "1", with: server.variables)
        let outcomes = try await withThrowingTaskGroup(of: Program.Outcome.self) { group in
            for number in 0..<24 {
                group.addTask { [user] in
                    number % 3 == 0
                        ? try await user.convo("list") : try await user.convo("start", "\(number)", "--model", "m")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for outcome in outcomes { #expect(outcome.exitCode == 0, "\(outcome.errors)") }
        _ = try await user.until("all is delivered") { try await delivered(16) }
        #expect(try await user.convo("doctor", with: server.variables).exitCode == 0)
    }
}
