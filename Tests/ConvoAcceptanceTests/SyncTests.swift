import Foundation
import Testing

@Suite struct `A sync with a server` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    /// A conversation in the form in which the sandbox loads it.
    private func record(_ number: Int, name: String, entries: String) -> String {
        """
        {"conversation": {"object": "conversation", "id": "conv_\(number)", "model": "m", "name": "\(name)",
        "created_at": "2026-01-0\(number)T00:00:00.000000Z", "updated_at": "2026-01-0\(number)T00:00:00.000001Z"},
        "entries": [\(entries)]}
        """
    }

    private func message(_ id: String, _ content: String, more: String = "") -> String {
        """
        {"object": "entry", "type": "message.input", "id": "\(id)", "created_at": "2026-01-01T00:00:00.000000Z",
        "completed_at": null, "role": "user", "content": "\(content)"\(more)}
        """
    }

    private func load(_ records: String...) throws -> String {
        let file = user.folder.appendingPathComponent("load.json")
        try Data("[\(records.joined(separator: ","))]".utf8).write(to: file)
        return file.path
    }

    @Test func `gives back each entry as the server wrote it`() async throws {
        let odd = #","zebra":1.0,"alpha":12345678901234567890,"esc":"\u00e9\/","none":null,"deep":{"b":[],"a":{}}"#
        let server = try await user.sandbox(
            "--load", load(record(1, name: "n", entries: message("msg_1", "x", more: odd))))
        #expect(try await user.convo("sync", with: server.variables).exitCode == 0)
        let history = try await user.convo("history", "conv_1", "--json")
        #expect(history.output.contains(odd.dropFirst()))
    }

    @Test func `that changes nothing asks for the list only`() async throws {
        let server = try await user.sandbox(
            "--load", load(record(1, name: "a", entries: message("msg_1", "x")), record(2, name: "b", entries: "")))
        #expect(try await user.convo("sync", with: server.variables).exitCode == 0)
        _ = try await server.requests()
        #expect(try await user.convo("sync", with: server.variables).exitCode == 0)
        #expect(Set(try await server.requests().keys) == ["list"])
    }

    @Test func `shows a control sequence and does not obey it`() async throws {
        let evil = #"\u001b[2J\u009b31m\u202e"#
        let server = try await user.sandbox("--load", load(record(1, name: evil, entries: message("msg_1", evil))))
        _ = try await user.convo("sync", with: server.variables)
        for verb in [
            ["list"], ["history", "conv_1"], ["messages", "conv_1"], ["get", "conv_1"], ["tree", "conv_1"],
        ] {
            let outcome = try await Program.start(
                "convo", verb, environment: user.variables, in: user.folder
            ).end()
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.unicodeScalars.allSatisfy { !["\u{1B}", "\u{9B}", "\u{202E}"].contains($0) })
        }
    }

    @Test func `with a wrong key says so, and the key is nowhere`() async throws {
        let key = "sk-\(UUID().uuidString)"
        let server = try await user.sandbox("--key", "another")
        let outcome = try await user.convo("sync", with: server.variables.merging(["MISTRAL_API_KEY": key]) { $1 })
        #expect(outcome.exitCode == 77)
        try expectNowhere(key)
    }

    @Test func `leaves the key in no file`() async throws {
        let key = "sk-\(UUID().uuidString)"
        let server = try await user.sandbox("--key", key)
        let variables = server.variables.merging(["MISTRAL_API_KEY": key]) { $1 }
        #expect(try await user.convo("start", "hi", "--model", "m", "--wait", with: variables).exitCode == 0)
        let daemon = try await user.daemon("--log-level", "trace", with: variables)
        if FileManager.default.fileExists(atPath: "/proc") {
            let arguments = try String(contentsOfFile: "/proc/\(daemon.id)/cmdline", encoding: .utf8)
            #expect(!arguments.contains(key))
        }
        daemon.signal(15)
        #expect(await daemon.end().exitCode == 0)
        try expectNowhere(key)
    }

    /// Expects that no file in the user's folder contains the key: database, logs, output and errors of every program.
    private func expectNowhere(_ key: String) throws {
        let files = try #require(
            FileManager.default.enumerator(at: user.folder, includingPropertiesForKeys: [.isRegularFileKey]))
        for case let file as URL in files {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            #expect(try Data(contentsOf: file).range(of: Data(key.utf8)) == nil, "\(file.lastPathComponent)")
        }
    }

    @Test func `that leaves a refused write behind says so, and what waits for it`() async throws {
        let server = try await user.sandbox()
        _ = try await user.convo("start", "sandbox:error=422 x", "--model", "m")
        let outcome = try await user.convo("sync", with: server.variables)
        #expect(outcome.exitCode == 65)
        #expect(outcome.output.contains("1 write refused"))
        #expect(outcome.errors.contains("stuck until you decide"))
        let item = try #require(try await user.json("outbox") as? [[String: Any]]).first?["id"] as? String
        _ = try await user.convo("outbox", "cancel", try #require(item))
        #expect(try await user.convo("sync", with: server.variables).exitCode == 0)
    }

    @Test func `and a write that is waited for brings the answer`() async throws {
        let server = try await user.sandbox()
        let outcome = try await user.convo("start", "hello", "--model", "m", "--stream", with: server.variables)
        #expect(outcome.output == "echo: hello\n")
        let json = try #require(
            try await user.json("start", "again", "--model", "m", "--wait", with: server.variables) as? [String: Any])
        #expect(json["state"] as? String == "delivered")
        #expect((json["outputs"] as? [[String: Any]])?.first?["content"] as? String == "echo: again")
    }
}
