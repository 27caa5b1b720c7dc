import Foundation
import Testing

@Suite struct `convo mcp` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    private func answers(_ lines: [String], _ arguments: String...) async throws -> [[String: Any]] {
        let outcome = try await Program.start(
            "convo", ["mcp"] + arguments, environment: user.variables, input: lines.joined(separator: "\n"),
            in: user.folder
        ).end()
        #expect(outcome.exitCode == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        return try outcome.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    private let handshake =
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#

    private func call(_ id: Int, _ name: String, _ arguments: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(name)","arguments":{\#(arguments)}}}"#
    }

    @Test func `finds what was said, and queues only where it may`() async throws {
        let start = try #require(try await user.json("start", "about the budget", "--model", "m") as? [String: Any])
        let id = try #require(start["id"] as? String)
        let append = call(3, "append", #""conversation":"\#(id)","text":"from an agent""#)
        let found = try await answers([handshake, call(1, "search", #""query":"budget""#), append])
        #expect(found.map { $0["id"] as? Int } == [0, 1, 3])
        let content =
            ((found[1]["result"] as? [String: Any])?["content"] as? [[String: Any]])?.first?["text"] as? String
        #expect(content?.contains("\n| about the budget\n") == true)
        #expect((found[2]["error"] as? [String: Any])?["code"] as? Int == -32602)
        let written = try await answers([handshake, append], "--allow-writes")
        let receipt = (written[1]["result"] as? [String: Any])?["structuredContent"] as? [String: Any]
        #expect(receipt?["conversation_id"] as? String == id && receipt?["state"] as? String == "queued")
        let outbox = try #require(try await user.json("outbox") as? [[String: Any]])
        #expect(outbox.last?["id"] as? String == receipt?["operation_id"] as? String)
    }

    @Test func `is written into the files of clients, and taken out again`() async throws {
        let home = user.folder.appendingPathComponent("home-of-clients")
        let settings = home.appendingPathComponent(".vibe/config.toml")
        try FileManager.default.createDirectory(
            at: settings.deletingLastPathComponent(), withIntermediateDirectories: true)
        try "# mine\nmodel = \"x\"\n".write(to: settings, atomically: false, encoding: .utf8)
        func install(_ arguments: String...) async throws -> (code: Int32, json: [[String: Any]]) {
            let outcome = try await Program.start(
                "convo", ["mcp", "install", "--json"] + arguments,
                environment: user.variables.merging(["HOME": home.path]) { $1 }, in: user.folder
            ).end()
            let json = try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return (outcome.exitCode, json as? [[String: Any]] ?? [])
        }
        let added = try await install("--allow-writes")
        #expect(
            added.json.map { $0["client"] as? String } == ["vibe"] && added.json.first?["change"] as? String == "added")
        let text = try String(contentsOf: settings, encoding: .utf8)
        #expect(text.hasPrefix("# mine\nmodel = \"x\"\n\n[[mcp_servers]]\n") && text.contains("\"--allow-writes\""))
        #expect(try await install("vibe", "--allow-writes").json.first?["change"] as? String == "unchanged")
        #expect(try await install("--remove").json.first?["change"] as? String == "removed")
        #expect(try String(contentsOf: settings, encoding: .utf8).contains("mcp_servers") == false)
        let cursor = home.appendingPathComponent(".cursor/mcp.json")
        try FileManager.default.createDirectory(
            at: cursor.deletingLastPathComponent(), withIntermediateDirectories: true)
        try "{ broken".write(to: cursor, atomically: false, encoding: .utf8)
        #expect(try await install("cursor").code == 65)
        #expect(try String(contentsOf: cursor, encoding: .utf8) == "{ broken")
        #expect(try await install("nobody").code == 64)
    }
}
