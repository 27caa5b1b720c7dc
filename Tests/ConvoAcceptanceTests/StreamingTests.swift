import Foundation
import Testing

/// The server pauses for a tenth of a second after each of two thousand words, until a test turns the pause off: what
/// `convo` shows while the server is busy was shown before the answer was complete, however slow the machine is.
@Suite(.timeLimit(.minutes(5))) struct `An answer that is watched` {
    static let prompt = "sandbox:long=2000"
    let user: UserFolder

    init() throws { user = try UserFolder() }

    /// Makes a conversation with one turn, in the database and on the server.
    private func begin(on server: Server) async throws -> (id: String, remoteID: String, lastEntry: String) {
        let start = try #require(
            try await user.json("start", "hello", "--model", "m", "--wait", with: server.variables) as? [String: Any])
        let outputs = try #require(start["outputs"] as? [[String: Any]])
        return (
            try #require(start["id"] as? String), try #require(start["remote_id"] as? String),
            try #require(outputs.last?["id"] as? String)
        )
    }

    private func words(_ text: String) -> Int { text.split(separator: " ").count }

    @Test(arguments: ["append", "start", "restart"], [false, true])
    func `appears as it comes, with a daemon and without`(verb: String, hasDaemon: Bool) async throws {
        let server = try await user.sandbox("--set", "delta-ms=100")
        if hasDaemon { _ = try await user.daemon(with: server.variables) }
        let known = try await begin(on: server)
        let arguments =
            switch verb {
            case "append": ["append", known.id, Self.prompt]
            case "restart": ["restart", known.id, "--from", known.lastEntry, Self.prompt]
            default: ["start", Self.prompt, "--model", "m"]
            }
        let terminal = try #require(Terminal())
        let program = try user.start("convo", arguments + ["--stream"], server.variables, terminal: terminal)
        let first = await terminal.text { words($0) >= 3 }
        #expect(try await server.isBusy())
        let second = await terminal.text { words($0) >= words(first) + 3 }
        #expect(second.hasPrefix(first))
        #expect(try await server.isBusy())
        try await server.turn("delta-ms", to: "0")
        let outcome = await program.end()
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let id = try #require(outcome.errors.split(separator: " ").first).description
        let answer = try #require(try await user.entries(of: id).last?.last)
        #expect(await terminal.whole() == answer + "\n")
        #expect(words(answer) >= 2000)
    }

    @Test func `waits for what was queued before it in its conversation`() async throws {
        let server = try await user.sandbox()
        let known = try await begin(on: server)
        _ = try await user.convo("append", known.id, "first")
        let second = try await user.convo("append", known.id, "second", "--stream", with: server.variables)
        #expect(second.output == "echo: second\n", "\(second.errors)")
        let entries = try await user.entries(of: known.id)
        #expect(entries.map { $0[1] } == ["hello", "echo: hello", "first", "echo: first", "second", "echo: second"])
        #expect(try await server.entries(of: known.remoteID) == entries)
    }

    @Test(arguments: [false, true])
    func `is left at once, and comes whole with the next sync or the daemon`(hasDaemon: Bool) async throws {
        let server = try await user.sandbox("--set", "delta-ms=100")
        if hasDaemon { _ = try await user.daemon(with: server.variables) }
        let known = try await begin(on: server)
        let terminal = try #require(Terminal())
        let program = try user.start(
            "convo", ["append", known.id, Self.prompt, "--stream"], server.variables, terminal: terminal)
        _ = await terminal.text { words($0) >= 3 }
        program.signal(SIGINT)
        let outcome = await program.end()
        #expect(try await server.isBusy())
        #expect(outcome.exitCode == SIGINT, "it ends by the signal")
        #expect(outcome.errors.contains("Stopped listening; the message was sent."))
        #expect(!outcome.errors.contains("stays queued"))
        let shown = await terminal.whole().trimmingCharacters(in: .newlines)
        let partial = try #require(try await user.entries(of: known.id).last?.last)
        #expect(partial.hasPrefix(shown) && words(partial) < 2000)

        try await server.turn("delta-ms", to: "0")
        try await expectWhole(known.id, known.remoteID, server, hasDaemon: hasDaemon)
    }

    @Test(arguments: ["end", "reset"])
    func `and breaks off keeps what came, until the history brings the whole of it once`(end: String) async throws {
        let server = try await user.sandbox("--set", "cut=\(end)")
        let known = try await begin(on: server)
        try await server.turn("cut-stream", to: "1")
        let outcome = try await user.convo("append", known.id, "one two three", "--stream", with: server.variables)
        #expect(outcome.exitCode == 75)
        // After a reset the client may not get what was sent before it.
        if end == "end" {
            let shown = outcome.output.trimmingCharacters(in: .newlines)
            #expect(!shown.isEmpty && shown != "echo: one two three")
            #expect(try await user.entries(of: known.id).last?.last == shown)
        }
        try await expectWhole(known.id, known.remoteID, server, hasDaemon: false)
        let turn = try await user.entries(of: known.id).suffix(2)
        #expect(turn.map { $0[1] } == ["one two three", "echo: one two three"])
    }

    /// The daemon is busy with another conversation's long answer.
    @Test func `comes whole where another process keeps delivering, and that is said`() async throws {
        let server = try await user.sandbox()
        _ = try await user.daemon(with: server.variables)
        let known = try await begin(on: server)
        _ = try await user.convo("start", "sandbox:slow=600000 hello", "--model", "m")
        _ = try await user.until("the slow write is on its way") { try await server.isBusy() ? true : nil }
        let outcome = try await user.convo("append", known.id, "quick", "--stream", with: server.variables)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("echo: quick\n"))
        #expect(outcome.errors.contains("the answer is shown when it is whole"))
    }

    private func expectWhole(_ id: String, _ remoteID: String, _ server: Server, hasDaemon: Bool) async throws {
        _ = try await user.until("everything is delivered") {
            if !hasDaemon { _ = try await user.convo("sync", with: server.variables) }
            let waiting = try #require(try await user.json("outbox") as? [[String: Any]])
            let (here, there) = (try await user.entries(of: id), try await server.entries(of: remoteID))
            return waiting.isEmpty && here == there ? true : nil
        }
        let ids = try await user.entries(of: id).map { $0[0] }
        #expect(ids.count == 4 && Set(ids).count == 4)
    }
}
