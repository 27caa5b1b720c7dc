import ConvoPlatform
import ConvoTerminal
import Expectations
import Synchronization
import TestFolders
import Testing

@testable import ConvoCommand

@Suite final class `The installation of a service` {
    /// A service manager that remembers what it was told.
    private final class FakeManager: Sendable {
        struct State: Sendable {
            var calls: [String] = []
            var isLingering = false
            var active = "inactive"
            /// The exit statuses of the next starts; 0 once there are none.
            var ends: [String] = []
            var end = "0"
        }
        let state = Mutex(State())
        let folder: String

        init(folder: String) { self.folder = folder }

        var calls: [String] { state.withLock(\.calls) }

        func run(_ name: String, _ arguments: [String]) -> ChildProcess.Outcome {
            let words = arguments.filter { !["--user", "--no-pager", "--no-ask-password"].contains($0) }
            return state.withLock { state in
                if words.first != "show", words.first != "show-user" {
                    state.calls.append(([name] + words).joined(separator: " "))
                }
                switch (name, words.first) {
                case ("systemctl", "show") where words.contains("--property=UnitPath"):
                    return ChildProcess.Outcome(
                        exitCode: 0, output: "/run/x/systemd/user \(folder) /etc/systemd/user\n")
                case ("systemctl", "show"):
                    let facts =
                        "LoadState=loaded\nActiveState=\(state.active)\nExecMainStatus=\(state.end)\nResult=exit-code\n"
                    return ChildProcess.Outcome(exitCode: 0, output: facts)
                case ("systemctl", "restart"), ("systemctl", "start"):
                    guard words.last?.hasSuffix(".service") == true else { break }
                    state.end = state.ends.isEmpty ? "0" : state.ends.removeFirst()
                    state.active = state.end == "0" ? "active" : "failed"
                    return ChildProcess.Outcome(exitCode: state.end == "0" ? 0 : 1)
                case ("loginctl", "show-user"):
                    return ChildProcess.Outcome(exitCode: 0, output: state.isLingering ? "yes\n" : "no\n")
                case ("loginctl", _): state.isLingering = words.first == "enable-linger"
                case ("journalctl", _):
                    return ChildProcess.Outcome(exitCode: 0, output: "Error: \(state.end) it is.\nHint: none\n")
                default: break
                }
                return ChildProcess.Outcome(exitCode: 0)
            }
        }
    }

    private let temporary: TemporaryFolder
    private let manager: FakeManager
    private let folder: UnitFolder
    private static let places = UnitAdditions.Places(home: "/home/ann", profile: nil)
    private let additions = UnitAdditions(known: places, wanted: places)

    init() throws {
        temporary = try TemporaryFolder()
        manager = FakeManager(folder: temporary.file("systemd/user"))
        folder = UnitFolder(path: temporary.file("systemd/user"))
    }

    private func installation(profile: String? = nil) throws -> ServiceInstallation {
        let manager = manager
        return try ServiceInstallation(
            ServiceUnit(scope: .user, profile: profile),
            Systemd(
                isSystem: false, run: { (name, arguments) throws(ChildProcess.Failure) in manager.run(name, arguments) }
            ),
            user: try #require(SystemUser(id: 0)))
    }

    @Test func `writes the units, starts the service, and takes all of it back`() throws {
        let report = try installation().install(program: "/b/convod", additions, lingers: nil)
        #expect(report.isLingering == false)
        #expect(try folder.text(of: "convod.service")?.contains("ExecStart=/b/convod\n") == true)
        #expect(try folder.text(of: "convod.path") != nil)
        #expect(
            manager.calls == [
                "systemctl daemon-reload", "systemctl reset-failed convod.service convod.path",
                "systemctl enable convod.service convod.path", "systemctl restart convod.service",
                "systemctl restart convod.path",
            ])
        _ = try installation().uninstall()
        #expect(try folder.text(of: "convod.service") == nil)
        #expect(manager.calls.contains("systemctl disable --now convod.service convod.path"))
        #expect(!manager.calls.contains { $0.hasPrefix("loginctl") })
    }

    @Test func `switches lingering on when it is asked to, and off again by itself`() throws {
        _ = try installation().install(program: "/b/convod", additions, lingers: true)
        // Another installation does not forget who has switched it on.
        let report = try installation().install(program: "/b/convod", additions, lingers: nil)
        #expect(report.isLingering == true)
        _ = try installation().uninstall()
        let calls = manager.calls.filter { $0.hasPrefix("loginctl") }
        #expect(calls == ["loginctl enable-linger root", "loginctl disable-linger root"])
    }

    @Test func `leaves lingering alone that was on before`() throws {
        manager.state.withLock { $0.isLingering = true }
        _ = try installation().install(program: "/b/convod", additions, lingers: true)
        _ = try installation().uninstall()
        #expect(!manager.calls.contains { $0.hasPrefix("loginctl") })
    }

    @Test func `does without protections that the system refuses, and says so`() throws {
        manager.state.withLock { $0.ends = ["217"] }
        let report = try installation().install(program: "/b/convod", additions, lingers: nil)
        #expect(report.lines.contains { $0.contains("namespaces") })
        #expect(try folder.dropIn(of: "convod.service")?.contains("PrivateUsers=no") == true)
    }

    @Test func `fails with what convod says and its exit code where it does not start`() throws {
        manager.state.withLock { $0.ends = ["78", "78"] }
        let failure = #expect(throws: CLIError.self) {
            try installation().install(program: "/b/convod", additions, lingers: nil)
        }
        #expect(failure?.exitCode == .configuration)
        #expect(failure?.message.hasSuffix("It says: 78 it is.") == true)
    }

    @Test func `replaces and removes no unit that somebody else wrote`() throws {
        _ = try temporary.file("systemd/user/convod.service", "[Service]\n")
        let failure = #expect(throws: CLIError.self) {
            try installation().install(program: "/b/convod", additions, lingers: nil)
        }
        #expect(failure?.code == "foreign_unit")
        _ = try installation().uninstall()
        #expect(try folder.text(of: "convod.service") == "[Service]\n")
    }

    @Test func `keeps the template as long as another profile uses it`() throws {
        _ = try installation(profile: "work").install(program: "/b/convod", additions, lingers: nil)
        _ = try temporary.file("systemd/user/default.target.wants/convod@home.service", "")
        _ = try installation(profile: "work").uninstall()
        #expect(try folder.text(of: "convod@.service") != nil)
    }

    @Test func `stops what wakes the service before the service`() throws {
        _ = try installation().change("stop")
        #expect(manager.calls == ["systemctl stop convod.path convod.service"])
    }
}
