import ConvoPlatform
import Foundation
import Testing

@Suite struct `The daemon as a service` {
    let user: UserFolder

    init() throws { user = try UserFolder() }

    /// Starts a daemon with a service manager that listens; returns both when it is ready.
    private func start(
        _ arguments: [String] = [], _ variables: [String: String]
    ) async throws -> (daemon: Program, manager: NotifySocket) {
        let manager = try #require(NotifySocket(in: user.folder))
        let daemon = try user.start("convod", arguments, variables.merging(["NOTIFY_SOCKET": manager.path]) { $1 })
        _ = try await notice(manager) { $0.hasPrefix("READY=1") }
        return (daemon, manager)
    }

    /// The next notice that fits.
    private func notice(_ manager: NotifySocket, _ fits: (String) -> Bool) async throws -> String {
        for _ in 0..<200 {
            let notice = await manager.next()
            try #require(!notice.isEmpty, "no notice came")
            if fits(notice) { return notice }
        }
        throw UserFolder.Unmet(what: "the notice")
    }

    @Test func `says that it lives, and what it does`() async throws {
        let server = try await user.sandbox()
        let (daemon, manager) = try await start([], server.variables.merging(["WATCHDOG_USEC": "300000"]) { $1 })
        var (signs, status) = (0, "")
        while signs < 3 || status.isEmpty {
            let notice = try await notice(manager) { $0 == "WATCHDOG=1" || $0.hasPrefix("STATUS=0 conversations") }
            if notice.hasPrefix("STATUS") { status = notice } else { signs += 1 }
        }
        #expect(status.hasPrefix("STATUS=0 conversations mirrored; last look "))
        #expect(status.hasSuffix(", again every 30 s"))
        daemon.signal(SIGTERM)
        _ = try await notice(manager) { $0 == "STOPPING=1" }
        #expect(await daemon.end().exitCode == 0)
    }

    @Test func `keeps its settings where a reload finds others that can't be used, and says so`() async throws {
        let server = try await user.sandbox()
        let config = user.folder.appendingPathComponent("config.toml")
        try Data("server_url = \"\(server.url)\"\n".utf8).write(to: config)
        let (daemon, manager) = try await start([], ["CONVO_CONFIG": config.path])
        try Data("colour = \"red\"\n".utf8).write(to: config)
        let check = try await user.start("convod", ["--check"], ["CONVO_CONFIG": config.path]).end()
        #expect(check.exitCode == 78 && check.errors.contains("colour"))
        daemon.signal(SIGHUP)
        let reloading = try await notice(manager) { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }
        #expect(reloading.split(separator: "=").last.flatMap { Int($0) } ?? 0 > 0)
        let ready = try await notice(manager) { $0.hasPrefix("READY=1") }
        #expect(ready.contains("STATUS=The new configuration can't be used, the one before stays: "))
        #expect(ready.contains("colour"))
        try Data("server_url = \"\(server.url)\"\n".utf8).write(to: config)
        #expect(try await user.start("convod", ["--check"], ["CONVO_CONFIG": config.path]).end().exitCode == 0)
        daemon.signal(SIGHUP)
        let mended = try await notice(manager) { $0.hasPrefix("READY=1") }
        #expect(!mended.contains("configuration"))
    }

    @Test func `tells its metrics, with the time since when a write waits`() async throws {
        let place = user.folder.appendingPathComponent("metrics").path
        let (daemon, _) = try await start(["--metrics", "unix:\(place)"], ["CONVO_SERVER_URL": "http://127.0.0.1:1"])
        _ = try await user.convo("start", "hello", "--model", "m")
        let text = try await user.until("the write is in the metrics") {
            let text = try? Loopback.get("/metrics", at: place)
            return text.flatMap { $0.contains("convo_outbox_writes{state=\"queued\"} 1\n") ? $0 : nil }
        }
        #expect(text.contains("Content-Type: text/plain; version=0.0.4"))
        #expect(text.contains("\nconvo_oldest_waiting_write_timestamp_seconds "))
        #expect(!text.contains("convo_last_pull_timestamp_seconds"))  // the server can't be reached
        #expect(!text.contains("hello"))
        let second = try await user.start(
            "convod", ["--metrics", "unix:\(place)", "--database", user.database + "2"],
            ["CONVO_SERVER_URL": "http://127.0.0.1:1"]
        ).end()
        #expect(second.exitCode == 78 && second.errors.contains("in use"))
        daemon.signal(SIGTERM)
        #expect(await daemon.end().exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func `writes for the journal where that reads its standard error`() async throws {
        // As the journal's stream is, standard error is named by device and inode; here, it is a file.
        let script = """
            exec 2>"$0/log"
            JOURNAL_STREAM=$(stat -c %d:%i "$0/log") INVOCATION_ID=x exec "$1" --config /nowhere/config.toml
            """
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script, user.folder.path, Program.folder.appendingPathComponent("convod").path]
        shell.environment = user.variables
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 78)
        let log = try String(contentsOf: user.folder.appendingPathComponent("log"), encoding: .utf8)
        let lines = log.split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("<3>") }, "\(lines)")
    }

    @Test func `is told apart from a machine without systemd`() async throws {
        let outcome = try await user.convo("service", "status", "--json", with: ["PATH": user.folder.path])
        #expect(outcome.exitCode == 78)
        #expect(outcome.errors.contains("\"code\":\"no_systemd\""))
    }
}

/// A request over a socket in the file system.
private enum Loopback {
    struct Unreachable: Error {}

    static func get(_ resource: String, at path: String) throws -> String {
        let descriptor = SystemSocket.make(AF_UNIX, .stream)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { throw Unreachable() }
        let request = Array("GET \(resource) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, SystemSocket.withoutSignal) == request.count else {
            throw Unreachable()
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }
}
