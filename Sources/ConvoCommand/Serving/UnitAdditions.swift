import ConvoApp

/// What a service needs beyond its unit: the settings of the person who installs it, and the places that they name.
///
/// A service sees nothing of a shell's environment, and may write in the unit's folders only. So what differs from the unit's
/// own is written beside it, as drop-ins.
struct UnitAdditions: Equatable {
    /// The files that the unit itself knows.
    struct Places: Equatable {
        /// The absolute path of the database.
        let database: String
        /// The absolute path of the config file.
        let configuration: String
        /// The absolute path of the key's file.
        let key: String

        /// The places that the unit names, for a user whose home is this folder.
        init(home: String, profile: String?) {
            database = "\(home)/.local/share/convo/\(profile ?? "convo").db"
            configuration = "\(home)/.config/convo/config.toml"
            key = "\(home)/.config/convo/\(profile.map { "\($0)." } ?? "")key"
        }

        init(database: String, configuration: String, key: String) {
            (self.database, self.configuration, self.key) = (database, configuration, key)
        }

        /// The folder of the database.
        var folder: String {
            database.lastIndex(of: "/").map { $0 == database.startIndex ? "/" : String(database[..<$0]) } ?? "/"
        }
    }

    /// The directives that need a user namespace, where the user's manager can have none.
    ///
    /// The others (system calls, address families, no new privileges) stay.
    static let needingNamespaces = [
        "PrivateUsers", "PrivateTmp", "PrivateDevices", "PrivateMounts", "ProtectSystem", "ProtectHome", "ProtectClock",
        "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
    ]

    /// What the unit itself names.
    let known: Places
    /// What the settings name.
    let wanted: Places
    /// Variables for the service, in the order of their names.
    var variables: [(name: String, value: String)] = []
    /// Whether the system gives the user's manager no user namespace.
    var isWithoutNamespaces = false
    /// Whether the installation has switched lingering on.
    var hasSwitchedLingeringOn = false

    static func == (left: UnitAdditions, right: UnitAdditions) -> Bool {
        left.serviceText == right.serviceText && left.pathText == right.pathText
    }

    /// The drop-in of the service; `nil` where it needs none.
    var serviceText: String? {
        var lines: [String] = []
        for (name, value) in variables { lines.append("Environment=\(UnitText.quoted("\(name)=\(value)"))") }
        if wanted.folder != known.folder {
            // The person who installs it has made the folder.
            lines += ["ExecStartPre=", "ReadWritePaths=\(UnitText.quoted("-" + wanted.folder))"]
        }
        if isWithoutNamespaces {
            lines.append("# This system gives an unprivileged manager no user namespace, which these need.")
            lines += UnitAdditions.needingNamespaces.map { "\($0)=no" }
            lines += ["ProtectProc=default", "ReadWritePaths=", "CapabilityBoundingSet=~"]
        }
        guard !lines.isEmpty || hasSwitchedLingeringOn else { return nil }
        let head = [UnitText.mark] + (hasSwitchedLingeringOn ? [UnitText.lingeringMark] : [])
        return (head + (lines.isEmpty ? [] : ["[Service]"] + lines)).joined(separator: "\n") + "\n"
    }

    /// The drop-in of the unit that starts the service; `nil` where it needs none.
    var pathText: String? {
        guard wanted != known else { return nil }
        let places = [wanted.database + ".wakeup", wanted.configuration, wanted.key]
        return ([UnitText.mark, "[Path]", "PathChanged="] + places.map { "PathChanged=\(UnitText.value($0))" })
            .joined(separator: "\n") + "\n"
    }
}

extension UnitAdditions {
    /// The settings that the unit's name gives or that are explicit, and those that only a person's commands need.
    private static let notKept: Set<Setting> = [.defaultProfile, .database, .serverURL, .model, .agent]
    /// The variables of a shell's environment that a service gets as well; the key's is none of them.
    private static let kept =
        Setting.allCases.filter { !notKept.contains($0) }.compactMap(\.variable) + ["XDG_DATA_HOME", "XDG_CONFIG_HOME"]
    /// Variables whose value may have a password in it, which everybody could read who may ask systemd.
    private static let proxies = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]

    /// Takes from an environment what the service needs to have the same settings.
    ///
    /// - Parameters:
    ///   - environment: looks a variable up.
    ///   - explicit: settings that a flag or a variable gave, by the name of their variable.
    /// - Returns: the variables, and the names of those that were left out because they hold a password.
    static func variables(
        in environment: (String) -> String?, explicit: [(name: String, value: String)]
    ) -> (kept: [(name: String, value: String)], withPassword: [String]) {
        var result = explicit + kept.compactMap { name in environment(name).map { (name, $0) } }
        var withPassword: [String] = []
        for name in proxies {
            guard let value = environment(name) else { continue }
            if value.contains("@") { withPassword.append(name) } else { result.append((name, value)) }
        }
        if let file = environment("SSL_CERT_FILE"), file.hasPrefix("/") { result.append(("SSL_CERT_FILE", file)) }
        return (result.sorted { $0.name < $1.name }, withPassword)
    }
}
