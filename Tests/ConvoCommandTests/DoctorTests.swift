import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoIPC

@Suite struct `A report of convo doctor` {
    @Test(arguments: [40, 80, 200]) func `is no wider than the terminal, escape sequences in a message included`(
        width: Int
    ) {
        let report = DoctorReport(
            .empty(),
            after: [
                .failure(
                    "server", .unreachable, code: "insecure",
                    "a.example shows a certificate of \"\u{1B}[31mLunch\u{1B}[0m 代理服务器证书颁发机构\", which is not trusted.",
                    hint:
                        "Name the file of its certificate in SSL_CERT_FILE; /a/very/long/path/without/any/space/in/it/at/all.pem"
                ),
                .ok("database", "/home/ann/.local/share/convo/convo.db"),
            ])
        let lines = report.lines(OutputStyle(ansi: .plain, width: width, times: .here()))
        #expect(lines.allSatisfy { $0.columns <= width }, "\(lines)")
        #expect(!lines.joined().contains("\u{1B}"))
        #expect(lines.contains { $0.contains("Hint: Name") })
    }

    @Test func `ends with the first failure, whatever warnings come before it`() {
        let report = DoctorReport(
            .empty(),
            after: [
                .warning("folder", code: "exposed_folder", "Others can write it.", hint: "chmod 700"),
                .failure("key", .configuration, code: "no_key", "There is no API key.", hint: "Set it."),
                .failure("server", .unreachable, code: "unreachable", "No connection.", hint: "Check."),
            ])
        #expect(report.error?.code == "no_key")
        #expect(report.error?.exitCode == .configuration)
    }

    @Test func `marks as not ok only what fails`() {
        let warning = Finding.warning("clock", code: "clock_off", "It is late.", hint: "Set it.")
        #expect(warning.json["ok"]?.bool == true)
        #expect(warning.json["severity"]?.string == "warning")
        #expect(
            Finding.failure("x", .diskError, code: "disk_full", "Full.", hint: "Free some.").json["ok"]?.bool == false)
    }
}

@Suite struct `A check of` {
    @Test(arguments: [
        ("3.37.2", true), ("3.38.0", false), ("3.40.1", false), ("4.0", false), ("3", false), ("dev", false),
    ])
    func `a library compares versions number by number`(text: String, isTooOld: Bool) {
        #expect(LibraryVersion(name: "SQLite", text: text, least: [3, 38]).isTooOld == isTooOld)
    }

    @Test func `a library that is too old names the version that is needed`() {
        var facts = DiagnosticFacts.empty()
        facts.libraries = LibraryFacts(sqlite: "3.40.1", libcurl: "7.74.0", httpFailure: nil)
        let findings = Check.libraries.judge(facts)
        #expect(findings.map(\.code) == ["library_too_old"])
        #expect(findings.first?.message == "libcurl is 7.74.0, and Convo needs 7.87 or later.")
    }

    @Test(
        arguments: [(0, nil), (90, nil), (-90, nil), (600, "clock_off"), (-86_400, "clock_off")] as [(Int64, String?)])
    func `the clock allows two minutes`(seconds: Int64, code: String?) {
        var facts = DiagnosticFacts.empty()
        facts.server = .success(
            ServerProbe(date: Timestamp(microseconds: facts.now.microseconds - seconds * 1_000_000)))
        let finding = Check.clock.judge(facts).first
        #expect(finding?.code == code)
        #expect((finding?.severity == .failure) == (seconds.magnitude >= 3600))
    }
}

@Suite struct `What systemctl shows of the unit` {
    private func facts(_ lines: String..., linger: String? = "Linger=yes") -> ServiceFacts {
        ServiceFacts(
            unit: "convod.service", show: (["LoadState=loaded"] + lines).joined(separator: "\n"), user: linger)
    }

    private func codes(_ service: ServiceFacts) -> [String?] {
        var facts = DiagnosticFacts.empty()
        facts.service = service
        facts.storage = StorageFacts(
            database: FileFacts(missing: "/data/convo/convo.db"), folder: FileFacts(missing: "/data/convo"),
            freeBytes: nil,
            userID: 1000)
        return Check.service.judge(facts).map(\.code)
    }

    @Test func `is in order if it is enabled, active and lingers`() {
        #expect(codes(facts("UnitFileState=enabled", "ActiveState=active")) == [nil])
    }

    @Test func `allows the folders of ReadWritePaths, and no folder whose name only begins so`() {
        let strict = ["UnitFileState=enabled", "ActiveState=active", "ProtectSystem=strict"]
        func codes(_ paths: String) -> [String?] {
            self.codes(facts(strict[0], strict[1], strict[2], "ReadWritePaths=\(paths)"))
        }
        #expect(codes("-/data/convo") == [nil])
        #expect(codes("/tmp -/data") == [nil])
        #expect(codes("/") == [nil])
        #expect(codes("-/data/con") == ["outside_read_write_paths"])
        #expect(codes("") == ["outside_read_write_paths"])
    }

    @Test func `takes the exit code of a service that has failed`() {
        let failed = facts("ActiveState=failed", "Result=exit-code", "ExecMainStatus=77")
        var facts = DiagnosticFacts.empty()
        facts.service = failed
        #expect(Check.service.judge(facts).first?.exitCode == .credentialsRefused)
    }

    @Test func `has the key where a credential of any kind names it`() {
        #expect(facts("LoadCredentialEncrypted=mistral-api-key:/x.cred").hasKeyCredential)
        #expect(!facts("LoadCredential=another:/x").hasKeyCredential)
    }
}

@Suite struct `The daemon's check` {
    @Test func `says that a lock file without a process locks nothing`() {
        let words = finding(DaemonFacts(holder: nil, lastProcess: 4711, process: nil, lockedAt: 0))
        #expect(words?.severity == .ok)
        #expect(words?.message.contains("4711") == true)
    }

    @Test func `finds a process that is stopped, and one whose program was replaced`() {
        let holder = FileLock.Holder(process: 12, isCurrent: true)
        let stopped = RunningProcess(isStopped: true, isReplaced: false)
        #expect(finding(DaemonFacts(holder: holder, process: stopped, lockedAt: 0))?.code == "daemon_stopped")
        let replaced = RunningProcess(isStopped: false, isReplaced: true)
        #expect(finding(DaemonFacts(holder: holder, process: replaced, lockedAt: 0))?.code == "outdated_daemon")
    }

    private func finding(_ daemon: DaemonFacts) -> Finding? {
        var facts = DiagnosticFacts.empty()
        let unknown = CLIError(.internal, code: "unknown", message: "Not asked.")
        facts.store = .success(
            StoreFacts(
                path: "/data/convo.db", integrity: .success(()), index: .failure(unknown), setAside: .success([]),
                owner: .failure(unknown), outbox: .success([]), isOriginal: .success(true), storedFiles: 0,
                filesFolder: FileFacts(missing: "/data/convo.db.files"), daemon: daemon))
        return Check.daemon.judge(facts).first
    }
}

extension DiagnosticFacts {
    /// Facts of which none but the libraries could be gathered.
    fileprivate static func empty() -> DiagnosticFacts {
        DiagnosticFacts(
            settings: .failure(CLIError(.configuration, code: "syntax", message: "Not TOML.")),
            libraries: LibraryFacts(sqlite: "3.40.1", libcurl: "7.88.1", httpFailure: nil),
            now: Timestamp(microseconds: 1_790_000_000_000_000))
    }
}
