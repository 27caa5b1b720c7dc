import ConvoTerminal

// The unit of the user's service manager, where there is one.

extension Check {
    static let service = Check { facts in
        guard let service = facts.service else {
            return [.note("service", code: "no_service_manager", "no service manager of this user answers here")]
        }
        guard service.isInstalled else {
            return [
                .note(
                    "service", code: "not_installed",
                    "\(service.unit) is not installed: what is queued goes with `convo sync`, or with a convod that you start.",
                    hint: "To have it sent by itself: \(service.command("install")).")
            ]
        }
        let findings = [
            unusable(service), failed(service), restarting(service), outsideOfPaths(service, facts), idle(service),
            lingering(service), changed(service),
        ].compactMap(\.self)
        return findings.isEmpty ? [.ok("service", "\(service.unit) is enabled and runs")] : findings
    }

    private static func unusable(_ service: ServiceFacts) -> Finding? {
        guard let state = service.loadFailure else { return nil }
        let hint =
            state == "masked"
            ? "Run: systemctl --user unmask \(service.unit)"
            : "`systemctl --user status \(service.unit)` names the line."
        return .failure(
            "service", .configuration, code: "unusable_unit", "systemd can't use \(service.unit): it is \(state).",
            hint: hint)
    }

    private static func failed(_ service: ServiceFacts) -> Finding? {
        guard service.hasFailed else { return nil }
        let status = service.exitStatus
        let ending = status.map { "ended with \($0)\(meaning(of: $0))" } ?? "failed (\(service.result))"
        return .failure(
            "service", exitCode(of: status), code: "service_failed", "\(service.unit) has \(ending), and does not run.",
            hint: "\(remedy(of: status)) Then: \(service.command("start")).")
    }

    private static func restarting(_ service: ServiceFacts) -> Finding? {
        guard service.isRestarting else { return nil }
        let status = service.exitStatus
        return .failure(
            "service", exitCode(of: status), code: "service_restarting",
            "\(service.unit) ends at once and is started again, \(service.restarts) times so far\(status.map { ", with \($0)\(meaning(of: $0))" } ?? "").",
            hint: "\(remedy(of: status)) Then: \(service.command("restart")).")
    }

    /// What an exit code of convod's, or of systemd before it starts a program, means (systemd.exec(5), "Process Exit Codes").
    private static func meaning(of status: Int32) -> String {
        switch status {
        case 69: " (the server can't be reached)"
        case 74: " (the database can't be written)"
        case 77: " (the server refused the key)"
        case 78: " (the configuration can't be used)"
        case 217: " (USER: no user namespaces here)"
        case 226: " (NAMESPACE: a folder of the unit is missing, or no namespaces here)"
        case 243: " (CREDENTIALS: a credential can't be read)"
        default: ""
        }
    }

    private static func remedy(of status: Int32?) -> String {
        switch status {
        case 217: "`convo service install` turns off the protections that need user namespaces."
        case 243: "Check LoadCredential= in the unit: the file must be there, and sealed credentials need systemd 258."
        default: "`convo service logs` shows why."
        }
    }

    private static func exitCode(of status: Int32?) -> ExitCode {
        status.flatMap(ExitCode.init(rawValue:)).flatMap { $0 == .done ? nil : $0 } ?? .configuration
    }

    /// A database that the unit's process may not write. One that only this shell names is not the unit's.
    private static func outsideOfPaths(_ service: ServiceFacts, _ facts: DiagnosticFacts) -> Finding? {
        guard let folder = facts.storage?.folder.path, !facts.isDatabaseOfShell, service.isEnabled || service.isActive,
            !service.canWrite(folder)
        else { return nil }
        return .failure(
            "service", .configuration, code: "outside_read_write_paths",
            "\(service.unit) may not write \(folder), where the database is.",
            hint: "\(service.command("install")) gives it the folder (ReadWritePaths=).")
    }

    private static func idle(_ service: ServiceFacts) -> Finding? {
        guard service.loadFailure == nil, !service.hasFailed, !service.isRestarting else { return nil }
        switch (service.isActive, service.isEnabled) {
        case (true, true): return nil
        case (true, false):
            return .warning(
                "service", code: "service_disabled", "\(service.unit) runs, and is not started again after a reboot.",
                hint: "Run: \(service.command("install"))")
        case (false, true):
            return .warning(
                "service", code: "service_stopped", "\(service.unit) is enabled, and does not run now.",
                hint: "Run: \(service.command("start"))")
        case (false, false):
            return .warning(
                "service", code: "service_disabled", "\(service.unit) is installed, and neither enabled nor running.",
                hint: "Run: \(service.command("install")); or leave it, and use `convo sync`.")
        }
    }

    private static func lingering(_ service: ServiceFacts) -> Finding? {
        guard service.isEnabled, service.lingers == false else { return nil }
        return .warning(
            "service", code: "no_lingering",
            "Lingering is off: \(service.unit) starts when you log in, and ends when you log out.",
            hint: "To have it always: \(service.command("install --linger")).")
    }

    private static func changed(_ service: ServiceFacts) -> Finding? {
        guard service.needsReload else { return nil }
        return .warning(
            "service", code: "unit_changed",
            "The file of \(service.unit) was changed, and systemd has not read it again.",
            hint: "Run: systemctl --user daemon-reload, and then \(service.command("restart")).")
    }
}
