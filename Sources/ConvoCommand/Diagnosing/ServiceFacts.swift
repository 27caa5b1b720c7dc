import ConvoApp
import ConvoPlatform

/// What the user's service manager says of convod's unit.
struct ServiceFacts: Hashable {
    /// The unit's name, such as `convod.service`.
    let unit: String
    /// The profile whose unit it is; `nil` for the unit of the config file's top level.
    let profile: String?
    /// The unit's properties, as `systemctl show` prints them.
    private let properties: [String: String]
    /// Whether the user's services run without a login; `nil` where that is not known.
    let lingers: Bool?

    /// Reads the answers of `systemctl show` and `loginctl show-user`.
    ///
    /// - Parameters:
    ///   - unit: the unit's name.
    ///   - profile: the profile whose unit it is.
    ///   - show: lines of `NAME=VALUE`.
    ///   - user: the same of the user, with `Linger`; `nil` where it was not answered.
    init(unit: String, profile: String? = nil, show: String, user: String?) {
        self.unit = unit
        self.profile = profile
        properties = ServiceFacts.properties(of: show)
        lingers = user.flatMap { ServiceFacts.properties(of: $0)["Linger"] }.map { $0 == "yes" }
    }

    private static func properties(of text: String) -> [String: String] {
        var properties: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            let (name, value) = (String(line[..<sign]), line[line.index(after: sign)...])
            // A property that is a list comes once for each item.
            properties[name] = properties[name].map { "\($0) \(value)" } ?? String(value)
        }
        return properties
    }

    private func value(_ name: String) -> String { properties[name] ?? "" }

    /// The words of `convo service` for this unit.
    func command(_ verb: String) -> String { "`convo service \(verb)\(profile.map { " --profile \($0)" } ?? "")`" }

    var isInstalled: Bool { !["", "not-found"].contains(value("LoadState")) }
    /// Why systemd can't use the unit's file; `nil` where it can.
    var loadFailure: String? { ["", "loaded", "not-found"].contains(value("LoadState")) ? nil : value("LoadState") }
    /// Whether the unit is started at a login or, with lingering, at boot.
    var isEnabled: Bool { value("UnitFileState").hasPrefix("enabled") || value("UnitFileState").hasPrefix("linked") }
    var isActive: Bool { ["active", "reloading"].contains(value("ActiveState")) }
    var hasFailed: Bool { value("ActiveState") == "failed" }
    /// Whether systemd starts it again after a failure, and waits to do so.
    var isRestarting: Bool { value("SubState") == "auto-restart" }
    /// How often systemd has started it again.
    var restarts: Int { Int(value("NRestarts")) ?? 0 }
    /// Why it ended, in systemd's word, such as `exit-code`.
    var result: String { value("Result") }
    /// The exit code with which it last ended; `nil` if it did not end by itself.
    var exitStatus: Int32? { result == "exit-code" ? Int32(value("ExecMainStatus")) : nil }
    /// Whether the unit's file was changed and not read again.
    var needsReload: Bool { value("NeedDaemonReload") == "yes" }
    /// Whether systemd gives the unit the API key as a credential.
    var hasKeyCredential: Bool {
        ["LoadCredential", "LoadCredentialEncrypted", "SetCredential", "SetCredentialEncrypted", "ImportCredential"]
            .contains { value($0).contains(Settings.credentialName) }
    }

    /// Whether the unit's process can write a folder, as far as the unit's restrictions decide it.
    func canWrite(_ folder: String) -> Bool {
        guard value("ProtectSystem") == "strict" || ["yes", "read-only", "tmpfs"].contains(value("ProtectHome")) else {
            return true
        }
        // "-" before a path: it may be missing; "+": it is below the unit's root.
        let paths = value("ReadWritePaths").split(separator: " ").map { $0.drop { "-+".contains($0) } }
        return paths.contains { folder == $0 || folder.hasPrefix($0.hasSuffix("/") ? String($0) : "\($0)/") }
    }
}

extension ServiceFacts {
    private static let asked = [
        "LoadState", "UnitFileState", "ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts",
        "NeedDaemonReload",
        "ProtectSystem", "ProtectHome", "ReadWritePaths", "LoadCredential", "LoadCredentialEncrypted", "SetCredential",
        "SetCredentialEncrypted", "ImportCredential",
    ]
    /// How long to wait for each answer.
    private static let patienceSeconds = 3

    /// Asks the user's service manager; blocks meanwhile.
    ///
    /// - Parameter profile: the profile whose unit is meant; `nil` for the unit of the file's top level.
    /// - Returns: `nil` where no such manager answers.
    static func ask(profile: String?) -> ServiceFacts? {
        let unit = profile.map { "convod@\($0).service" } ?? "convod.service"
        guard let show = answer("systemctl", ["--user", "show", unit, "--property=" + asked.joined(separator: ",")])
        else { return nil }
        let user = answer("loginctl", ["show-user", "\(geteuid())", "--property=Linger"])
        return ServiceFacts(unit: unit, profile: profile, show: show, user: user)
    }

    private static func answer(_ program: String, _ arguments: [String]) -> String? {
        guard let outcome = try? ChildProcess.run(program, arguments, within: patienceSeconds), outcome.exitCode == 0
        else { return nil }
        return outcome.output
    }
}
