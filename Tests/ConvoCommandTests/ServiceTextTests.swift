import ConvoPlatform
import ConvoTerminal
import Testing

@testable import ConvoCommand

@Suite struct `The units that convo writes` {
    private static let user = ServiceUnit(scope: .user, profile: nil)
    private static let profile = ServiceUnit(scope: .user, profile: "work")

    @Test func `run the convod beside it, and are known again`() throws {
        let text = UnitText.service(Self.user, program: "/opt/convo/bin/convod")
        #expect(text.hasPrefix(UnitText.mark + "\n"))
        #expect(text.contains("\nExecStart=/opt/convo/bin/convod\n"))
        #expect(text.contains("\nExecReload=/opt/convo/bin/convod --check\nExecReload=/bin/kill -HUP $MAINPID\n"))
        #expect(!text.contains("%h/.local/bin"))
        #expect(UnitText.service(Self.profile, program: "/b/convod").contains("\nExecStart=/b/convod --profile %i\n"))
        let root = try #require(SystemUser(id: 0))
        let system = UnitText.service(ServiceUnit(scope: .system(root), profile: nil), program: "/b/convod")
        #expect(system.contains("\nExecStart=/b/convod\n") && system.contains("\nUser=%i\n"))
        #expect(UnitText.path(Self.user).contains("PathChanged=%h/.local/share/convo/convo.db.wakeup"))
    }

    @Test(arguments: [
        ("/a/convod", "/a/convod"), ("/50%/convod", "/50%%/convod"), ("/a b/convod", "\"/a b/convod\""),
        ("/$HOME/convod", "/$$HOME/convod"), ("/a \"b\\/convod", "\"/a \\\"b\\\\/convod\""),
    ])
    func `escape what means something to systemd`(path: String, text: String) {
        #expect(UnitText.executable(path) == text)
    }

    @Test func `have names for each profile and user`() throws {
        let root = try #require(SystemUser(id: 0))
        #expect(Self.user.service == "convod.service" && Self.user.fileName == "convod")
        #expect(Self.profile.path == "convod@work.path" && Self.profile.fileName == "convod@")
        let system = ServiceUnit(scope: .system(root), profile: nil)
        #expect(system.service == "convod@root.service" && system.isSystem)
        #expect(system.folder(configuration: "/x") == "/etc/systemd/system")
        #expect(Self.user.folder(configuration: "/x") == "/x/systemd/user")
    }
}

@Suite struct `What a service needs beyond its unit` {
    private static let known = UnitAdditions.Places(home: "/home/ann", profile: nil)

    @Test func `is nothing where the settings are the unit's`() {
        let additions = UnitAdditions(known: Self.known, wanted: Self.known)
        #expect(additions.serviceText == nil && additions.pathText == nil)
    }

    @Test func `is the folder of another database, and what wakes it there`() throws {
        let wanted = UnitAdditions.Places(
            database: "/data/50 %/x.db", configuration: Self.known.configuration, key: "/k")
        let additions = UnitAdditions(
            known: Self.known, wanted: wanted, variables: [(name: "CONVO_DATABASE", value: wanted.database)])
        #expect(
            additions.serviceText == """
                \(UnitText.mark)
                [Service]
                Environment="CONVO_DATABASE=/data/50 %%/x.db"
                ExecStartPre=
                ReadWritePaths="-/data/50 %%"

                """)
        #expect(
            additions.pathText == """
                \(UnitText.mark)
                [Path]
                PathChanged=
                PathChanged=/data/50 %%/x.db.wakeup
                PathChanged=/home/ann/.config/convo/config.toml
                PathChanged=/k

                """)
    }

    @Test func `remembers that lingering was switched on, and does without namespaces`() throws {
        var additions = UnitAdditions(known: Self.known, wanted: Self.known)
        additions.hasSwitchedLingeringOn = true
        #expect(additions.serviceText == "\(UnitText.mark)\n\(UnitText.lingeringMark)\n")
        additions.isWithoutNamespaces = true
        let text = try #require(additions.serviceText)
        #expect(text.contains("\n[Service]\n") && text.contains("\nPrivateUsers=no\n"))
    }

    @Test func `is never the key, nor a proxy's password`() {
        let shell = [
            "MISTRAL_API_KEY": "secret", "https_proxy": "http://ann:pass@proxy:1", "no_proxy": "localhost",
            "CONVO_CONFLICT": "hold", "SSL_CERT_FILE": "relative",
        ]
        let (kept, withPassword) = UnitAdditions.variables(
            in: { shell[$0] }, explicit: [(name: "CONVO_SERVER_URL", value: "http://127.0.0.1:1")])
        #expect(kept.map(\.name) == ["CONVO_CONFLICT", "CONVO_SERVER_URL", "no_proxy"])
        #expect(withPassword == ["https_proxy"])
    }
}

@Suite struct `What systemd says` {
    @Test func `of a service is read as properties`() {
        let text = "LoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=77\nStatusText=\nMainPID=0\n"
        let state = ServiceState(properties: Systemd.properties(text))
        #expect(state.isInstalled && state.isFailed && !state.isActive && state.process == nil && state.doing == nil)
        #expect(state.reason == "the server refused the key (77)")
        #expect(state.exitCode == .credentialsRefused)
        #expect(state.hint.contains("convo login"))
    }

    @Test(arguments: [
        ("217", ExitCode.configuration, "namespaces"), ("243", .configuration, "LoadCredential"),
        ("74", .diskError, "convo service install"), ("78", .configuration, "convo doctor"),
        ("203", .configuration, "convod is not where"), ("1", .internal, "logs"),
    ])
    func `of an end has an exit code and a way out`(status: String, code: ExitCode, hint: String) {
        let state = ServiceState(properties: [
            "ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": status,
        ])
        #expect(state.exitCode == code)
        #expect(state.hint.contains(hint))
    }

    @Test func `of what ran before convod is taken for its end where convod did not run`() {
        let command = "{ path=/bin/mkdir ; argv[]=/bin/mkdir -p x ; pid=7 ; code=exited ; status=243 }"
        let state = ServiceState(properties: [
            "ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "0", "ExecStartPre": command,
        ])
        #expect(state.preparation == .credentials && state.exitCode == .configuration)
    }

    @Test func `tells a service that is stopped from one that failed`() {
        let stopped = ServiceState(properties: [
            "LoadState": "loaded", "ActiveState": "inactive", "ExecMainStatus": "0",
        ])
        #expect(stopped.words == "stopped" && stopped.exitCode == .tryLater)
        let stuck = ServiceState(properties: ["ActiveState": "failed", "Result": "watchdog", "ExecMainStatus": "134"])
        #expect(stuck.words == "failed: it was stuck")
    }

    @Test func `where it can't be reached leads to advice`() throws {
        typealias Surroundings = Systemd.Surroundings
        let without = Surroundings(isBootedBySystemd: false, hasRuntimeFolder: false)
        let shell = Surroundings(isBootedBySystemd: true, hasRuntimeFolder: false)
        let session = Surroundings(isBootedBySystemd: true, hasRuntimeFolder: true)
        let complaint = "Failed to connect to bus: No medium found"
        #expect(Systemd.unreachable(complaint, isSystem: false, without)?.code == "no_systemd")
        let bare = try #require(Systemd.unreachable(complaint, isSystem: false, shell))
        #expect(bare.code == "no_user_manager" && bare.message.contains("XDG_RUNTIME_DIR"))
        #expect(
            Systemd.unreachable(complaint, isSystem: false, session)?.message
                == "Your service manager can't be reached: Failed to connect to bus: No medium found.")
        #expect(Systemd.unreachable(complaint, isSystem: true, session)?.code == "no_manager")
        #expect(Systemd.unreachable("Unit convod.service could not be found.", isSystem: false, session) == nil)
    }
}
