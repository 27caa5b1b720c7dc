import Foundation
import Testing

@Suite struct `The command line` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    @Test func `writes and reads with no network, no daemon and no key`() async throws {
        let start = try await user.convo("start", "Grüße an 京都", "--model", "m", "--name", "Reise")
        #expect(start.exitCode == 0, "\(start.errors)")
        let id = try #require(start.output.split(separator: " ").first).description
        #expect(try await user.convo("append", String(id.prefix(5)), "-", input: "zweite\n").exitCode == 0)
        let pending = try #require(try await user.json("history", id) as? [String: Any])["pending"] as? [[String: Any]]
        #expect(pending?.map { $0["inputs"] as? String } == ["Grüße an 京都", "zweite\n"])
        #expect(try await user.convo("search", "京都").output.contains("Grüße an 京都"))
        #expect(try await user.convo("list").output.contains("Reise"))
    }

    /// The rules of TZ are POSIX's, so that the machine needs no zone files.
    @Test(
        arguments: [
            ("hello since:yesterday", "NZST-12NZDT,M1.1.0,M12.5.0", 1, "NZDT (+13:00)"),
            ("hello -on:2025", "<-1130>11:30", 1, "-11:30"), ("hello on:2025", "", 0, "UTC (+00:00)"),
            ("hello since:7d", "<-1130>11:30", 1, nil), ("hello", "", 1, nil),
        ] as [(String, String, Int, String?)])
    func `searches days of the time zone in TZ, and says which`(query: String, zone: String, total: Int, said: String?)
        async throws
    {
        _ = try await user.convo("start", "hello", "--model", "m")
        let json = try #require(try await user.json("search", query, with: ["TZ": zone]) as? [String: Any])
        #expect(json["total"] as? Int == total)
        #expect(json["time_zone"] as? String == said)
        #expect(json.keys.contains("time_zone"))
        let shown = try await user.convo("search", query, with: ["TZ": zone]).output.prefix { $0 != "\n" }
        #expect(shown.contains("time zone") == (said != nil) && shown.contains(said ?? "1 found:"))
    }

    @Test func `keeps the database and its folder to the person`() async throws {
        _ = try await user.convo("list")
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(user.database) == 0o600)
        #expect(try mode((user.database as NSString).deletingLastPathComponent) == 0o700)
    }

    @Test(arguments: [
        (["get", "nope"], 66, "no_such_conversation"), (["append", "nope", "x"], 66, "no_such_conversation"),
        (["outbox", "show", "nope"], 66, "no_such_operation"), (["list", "--wrong"], 64, "usage"),
        (["start", "x"], 64, "usage"), (["append"], 64, "usage"), (["delete", "x"], 64, "usage"),
        (["start", "--model", "m", "--inputs", "/no/such"], 66, "missing_file"),
        (["start", "x", "--model", "m", "--metadata", "[]"], 65, "invalid_json"),
        (["sync"], 78, "no_key"), (["list", "--config", "/no/such"], 78, "missing_file"),
        (["sync", "--server-url", "ftp://x"], 78, "unusable_value"),
        (["sync", "--server-url", "http://127.0.0.1:1"], 69, "unreachable"),
        (["list", "--database", "/proc/none/x.db"], 74, "not_writable"), (["frobnicate"], 64, "usage"),
        (["search", "before:tomorow"], 64, "unreadable_moment"),
        (["search", "-on:2026-02-30"], 64, "unreadable_moment"),
        (["start", "", "--model", "m"], 64, "usage"), (["list", "--config", ""], 78, "unusable_value"),
        (["get", String(repeating: "x", count: 3000)], 66, "no_such_conversation"),
    ])
    func `says what failed in one JSON object, with a code`(arguments: [String], exitCode: Int32, code: String)
        async throws
    {
        let outcome = try await Program.start(
            "convo", arguments + ["--json"], environment: user.variables, in: user.folder
        ).end()
        #expect(outcome.exitCode == exitCode)
        let json = try JSONSerialization.jsonObject(with: Data(outcome.errors.utf8)) as? [String: [String: Any]]
        #expect(json?["error"]?["code"] as? String == code)
        #expect((json?["error"]?["hint"] as? String)?.isEmpty == false)
        #expect(outcome.errors.count < 600)
    }

    private func shell(_ line: String) throws -> (code: Int32, errors: String) {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", "PATH='\(Program.folder.path)':$PATH; \(line)"]
        shell.environment = user.variables
        let errors = Pipe()
        shell.standardError = errors
        try shell.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        return (shell.terminationStatus, text)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func `says what is queued where its receipt can't be printed`() async throws {
        let (code, errors) = try shell("convo start x --model m > /dev/full")
        let item = try #require(try await user.json("outbox") as? [[String: Any]]).first
        #expect(code == 74)
        #expect(errors.contains("is queued as \(try #require(item?["id"] as? String))"))
    }

    @Test func `takes no argument that is not UTF-8`() async throws {
        let (code, errors) = try shell("convo start $'caf\\xe9' --model m")
        #expect(code == 64)
        #expect(errors.contains("Argument 2 is not UTF-8"))
        #expect(try #require(try await user.json("outbox") as? [Any]).isEmpty)
    }

    @Test func `deletes nothing that would take undelivered writes along, and says what to do`() async throws {
        _ = try await user.convo("start", "x", "--model", "m")
        let id = try #require(try await user.json("list") as? [[String: Any]]).first?["id"] as? String
        let outcome = try await user.convo("delete", try #require(id), "--local")
        #expect(outcome.exitCode == 65)
        #expect(outcome.errors.contains("has a write not delivered yet"))
        #expect(outcome.errors.contains("convo outbox cancel"))
    }

    @Test func `refuses a database that is damaged, foreign or newer, with a hint`() async throws {
        let path = user.folder.appendingPathComponent("x.db").path
        try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: path))
        let damaged = try await user.convo("list", "--database", path)
        #expect(damaged.exitCode == 74)
        #expect(damaged.errors.contains("Hint: `convo doctor --repair` saves what can be read"))
    }

    @Test func `ends quietly when its reader goes away`() async throws {
        _ = try await user.convo("start", "x", "--model", "m")
        let convo = Program.folder.appendingPathComponent("convo").path
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", "'\(convo)' list | true; echo ${PIPESTATUS[0]}"]
        shell.environment = user.variables
        let (output, errors) = (Pipe(), Pipe())
        shell.standardOutput = output
        shell.standardError = errors
        try shell.run()
        shell.waitUntilExit()
        let code = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        #expect(["0\n", "141\n"].contains(code))
        #expect(errors.fileHandleForReading.availableData.isEmpty)
    }
}
