import ConvoTerminal

/// What systemd says of a service.
struct ServiceState: Equatable {
    /// The properties that are asked for.
    static let properties = [
        "LoadState", "UnitFileState", "ActiveState", "SubState", "Result", "MainPID", "ExecMainStatus", "StatusText",
        "NRestarts", "FragmentPath", "StateChangeTimestamp", "ExecStartPre",
    ]

    /// Exit statuses of systemd itself, where it could not prepare the program.
    enum Preparation: Int32 {
        case executable = 203
        case user = 217
        case capabilities = 218
        case namespace = 226
        case credentials = 243

        /// Whether the system refuses the namespaces that the unit's protections need.
        var isNamespaces: Bool { [.user, .namespace, .capabilities].contains(self) }
    }

    let properties: [String: String]

    private subscript(_ name: String) -> String? { properties[name] }

    /// Whether there is such a unit.
    var isInstalled: Bool { self["LoadState"] == "loaded" }
    /// Whether it starts by itself with its manager.
    var isEnabled: Bool { ["enabled", "enabled-runtime", "linked"].contains(self["UnitFileState"]) }
    var isActive: Bool { ["active", "reloading"].contains(self["ActiveState"]) }
    var isFailed: Bool { self["ActiveState"] == "failed" }
    /// `active`, `failed`, `activating` …
    var name: String { self["ActiveState"] ?? "unknown" }
    var detail: String? { self["SubState"] }
    /// Why it failed: `exit-code`, `watchdog`, `start-limit-hit` …
    var result: String? { self["Result"] }
    var process: Int? { self["MainPID"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil } }
    /// The exit status of the program's last end, or else of what runs before it.
    var exitStatus: Int32? {
        guard let main = self["ExecMainStatus"].flatMap(Int32.init), main != 0 else {
            return isActive
                ? 0
                : self["ExecStartPre"].flatMap { ServiceState.status(ofCommand: $0) }
                    ?? self["ExecMainStatus"].flatMap(Int32.init)
        }
        return main
    }
    var preparation: Preparation? { exitStatus.flatMap(Preparation.init) }
    /// What convod does now, in its own words.
    var doing: String? { self["StatusText"] }
    var restarts: Int { self["NRestarts"].flatMap(Int.init) ?? 0 }
    var file: String? { self["FragmentPath"] }
    var since: String? { self["StateChangeTimestamp"] }

    /// The state in words.
    var words: String {
        let since = since.map { " since \($0)" } ?? ""
        let restarts = restarts > 0 ? ", restarted \(restarts) times" : ""
        if isActive { return "running\(process.map { ", process \($0)" } ?? "")\(since)\(restarts)" }
        if isFailed { return "failed\(since): \(reason)\(restarts)" }
        return name == "inactive" ? "stopped" : "\(name)\(detail.map { " (\($0))" } ?? "")\(restarts)"
    }

    /// Why it failed, in words.
    var reason: String {
        switch result {
        case "watchdog": "it was stuck"
        case "start-limit-hit": "it failed too often within ten minutes"
        case "timeout": "it took too long to start"
        case "signal", "core-dump": "it was killed"
        default: ServiceState.words(exitStatus: exitStatus ?? 0)
        }
    }

    /// How the process of `convo service` ends, where convod does not run.
    var exitCode: ExitCode {
        guard isFailed else { return .tryLater }
        if preparation != nil { return .configuration }
        return exitStatus.flatMap(ExitCode.init(rawValue:)).flatMap { $0 == .done ? nil : $0 } ?? .internal
    }

    /// What a person does next.
    var hint: String {
        if !isFailed { return "`convo service start` starts it." }
        if let preparation {
            return switch preparation {
            case .user, .namespace, .capabilities:
                "This system gives an ordinary user no namespaces: `convo service install` then does without the protections that need them."
            case .credentials:
                "The unit's LoadCredential= names a file that can't be read: correct it (systemctl --user edit), or use api_key_file."
            case .executable: "convod is not where the unit says: `convo service install` corrects that."
            }
        }
        return switch exitCode {
        case .credentialsRefused: "`convo login` stores another key; `convo service start` then starts it."
        case .configuration: "`convo doctor` says what is wrong; `convo service start` then starts it."
        case .diskError:
            "`convo doctor` says what is wrong. A database outside of ~/.local/share/convo has to be named to the unit: `convo service install` does it."
        default: "`convo service logs` tells more."
        }
    }

    /// The status at the end of `{ path=/bin/mkdir ; … ; code=exited ; status=243 }`, or of `status=243/CREDENTIALS`.
    private static func status(ofCommand text: String) -> Int32? {
        let word = text.split(separator: " ").last { $0.hasPrefix("status=") }
        return word.flatMap { Int32($0.dropFirst("status=".count).prefix(while: \.isNumber)) }
    }

    private static func words(exitStatus: Int32) -> String {
        switch exitStatus {
        case Preparation.executable.rawValue: "convod can't be run (203)"
        case Preparation.user.rawValue, Preparation.namespace.rawValue, Preparation.capabilities.rawValue:
            "the system refuses the namespaces that the unit's protections need (\(exitStatus))"
        case Preparation.credentials.rawValue: "a credential of the unit can't be read (243)"
        case ConvoTerminal.ExitCode.credentialsRefused.rawValue: "the server refused the key (77)"
        case ConvoTerminal.ExitCode.configuration.rawValue: "the configuration can't be used (78)"
        case ConvoTerminal.ExitCode.diskError.rawValue: "the database can't be read or written (74)"
        case ConvoTerminal.ExitCode.tryLater.rawValue: "another convod serves this database (75)"
        default: "it ended with \(exitStatus)"
        }
    }
}
