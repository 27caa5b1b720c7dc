import ConvoApp
import ConvoPlatform
import ConvoTerminal

/// Puts a service in place, and takes it away again.
struct ServiceInstallation {
    let unit: ServiceUnit
    let systemd: Systemd
    let folder: UnitFolder
    /// The user whose service it is.
    let user: SystemUser

    /// What was done, for the person.
    struct Report: Equatable {
        var lines: [String] = []
        /// Whether the service runs while the user is not logged in; `nil` where that is not known.
        var isLingering: Bool?
    }

    /// Finds out where units belong, and whether there is a service manager at all.
    ///
    /// - Throws: ``CLIError`` that says why there is none.
    init(_ unit: ServiceUnit, _ systemd: Systemd, user: SystemUser) throws {
        (self.unit, self.systemd, self.user) = (unit, systemd, user)
        let paths = try systemd.control(["show", "--property=UnitPath", "--value"]).output
        let own = paths.split(whereSeparator: \.isWhitespace).first { path in
            path.hasSuffix("/systemd/user") && !["/run", "/etc", "/usr"].contains { path.hasPrefix($0) }
        }
        folder = UnitFolder(
            path: unit.isSystem || own == nil
                ? unit.folder(configuration: user.home + "/.config") : own.map(String.init) ?? "")
    }

    /// Installs the service and starts it; one that is installed gets the present settings.
    ///
    /// - Parameters:
    ///   - program: the absolute path of convod.
    ///   - additions: what it needs beyond its unit.
    ///   - lingers: whether it shall run while the user is not logged in; `nil`: as it is.
    /// - Returns: what was done.
    /// - Throws: ``CLIError`` if it can't be installed, or does not start; what was written stays then. If only lingering
    ///   can't be switched on, it runs all the same.
    func install(program: String, _ additions: UnitAdditions, lingers: Bool?) throws -> Report {
        var report = Report()
        var additions = additions
        let before = try folder.dropIn(of: unit.service)
        additions.hasSwitchedLingeringOn = before?.contains(UnitText.lingeringMark) == true
        report.lines += try writeUnits(program)
        try apply(additions)
        if try !start(), try systemd.state(of: unit).preparation?.isNamespaces == true, !additions.isWithoutNamespaces {
            additions.isWithoutNamespaces = true
            try apply(additions)
            report.lines.append(
                "This system gives an ordinary user no namespaces: it runs without the protections that need them.")
            _ = try start()
        }
        let state = try systemd.state(of: unit)
        guard state.isActive else { throw failure(state) }
        report.lines.append("\(unit.service) runs, and starts by itself.")
        if lingers == true, systemd.isLingering(user.name) == false {
            try systemd.setLingering(true, user.name)
            additions.hasSwitchedLingeringOn = true
            try apply(additions)
            report.lines.append("Lingering is switched on: the services of \(user.name) run without a login.")
        }
        report.isLingering = unit.isSystem ? true : systemd.isLingering(user.name)
        return report
    }

    /// Writes the units, unless a package has put them in place for this convod.
    private func writeUnits(_ program: String) throws -> [String] {
        let name = "\(unit.fileName).service"
        let present = try systemd.state(of: unit).file
        if let present, present != "\(folder.path)/\(name)",
            let text = try UnitFolder(path: "").text(of: String(present.dropFirst())),
            text.contains("ExecStart=\(UnitText.executable(program))")
        {
            return ["\(present) is used."]
        }
        try folder.write(UnitText.service(unit, program: program), to: name)
        try folder.write(UnitText.path(unit), to: "\(unit.fileName).path")
        return ["\(folder.path)/\(name) is written."]
    }

    private func apply(_ additions: UnitAdditions) throws {
        try folder.setDropIn(additions.serviceText, of: unit.service)
        try folder.setDropIn(additions.pathText, of: unit.path)
        try systemd.demand(["daemon-reload"])
    }

    /// Starts it, and lets it start by itself.
    ///
    /// - Returns: whether it has started.
    private func start() throws -> Bool {
        try systemd.control(["reset-failed", unit.service, unit.path])  // fails where nothing has failed
        try systemd.demand(["enable", unit.service, unit.path])
        let isStarted = try systemd.control(["restart", unit.service]).exitCode == 0
        if isStarted { try systemd.control(["restart", unit.path]) }
        return isStarted
    }

    /// Stops the service and removes what ``install(program:_:lingers:)`` has written; the data stays.
    ///
    /// - Throws: ``CLIError`` if nothing is installed, or something can't be removed.
    func uninstall() throws -> Report {
        guard try systemd.state(of: unit).isInstalled else { throw notInstalled }
        var report = Report()
        let dropIn = try folder.dropIn(of: unit.service)
        try systemd.demand(["disable", "--now", unit.service, unit.path])
        try folder.removeDropIn(of: unit.service)
        try folder.removeDropIn(of: unit.path)
        let others = folder.enabled(by: ["default.target", "multi-user.target"]).subtracting([unit.service])
        if !others.contains(where: { $0.hasPrefix(unit.fileName) && unit.fileName.hasSuffix("@") }) {
            for kind in ["service", "path"] { try folder.remove(unit: "\(unit.fileName).\(kind)") }
        }
        try systemd.demand(["daemon-reload"])
        try systemd.control(["reset-failed", unit.service, unit.path])  // fails where nothing has failed
        report.lines.append("\(unit.service) is stopped and removed. The conversations stay where they are.")
        if dropIn?.contains(UnitText.lingeringMark) == true {
            if others.isEmpty {
                try systemd.setLingering(false, user.name)
                report.lines.append("Lingering, which the installation had switched on, is off again.")
            } else {
                report.lines.append("Lingering stays on for \(others.sorted().joined(separator: ", ")).")
            }
        }
        return report
    }

    /// Starts, stops or restarts the service, and what wakes it.
    ///
    /// - Throws: ``CLIError`` if it is not installed, or does not start.
    func change(_ verb: String) throws -> ServiceState {
        guard try systemd.state(of: unit).isInstalled else { throw notInstalled }
        if verb == "stop" {
            // What wakes it goes first, or it would be started again.
            try systemd.demand(["stop", unit.path, unit.service])
            return try systemd.state(of: unit)
        }
        try systemd.control(["reset-failed", unit.service, unit.path])
        let isStarted = try systemd.control([verb, unit.service]).exitCode == 0
        let state = try systemd.state(of: unit)
        guard isStarted, state.isActive else { throw failure(state) }
        try systemd.control([verb, unit.path])
        return state
    }

    var notInstalled: CLIError {
        CLIError(
            .notFound, code: "not_installed", message: "There is no \(unit.service).",
            hint:
                "`convo service install\(unit.profile.map { " --profile \($0)" } ?? "")\(unit.isSystem ? " --system" : "")` puts it in place."
        )
    }

    /// The report of a service that does not run, with what it said last.
    func failure(_ state: ServiceState) -> CLIError {
        let last = systemd.newestLines(of: unit, 12, format: "cat").last { $0.hasPrefix("Error: ") }
        let said = last.map { " It says: \($0.dropFirst("Error: ".count))" } ?? ""
        return CLIError(
            state.exitCode, code: "service_failed", message: "\(unit.service) does not run: \(state.reason).\(said)",
            hint: state.hint)
    }
}

extension Systemd {
    /// The state of a service.
    func state(of unit: ServiceUnit) throws -> ServiceState {
        ServiceState(properties: try properties(of: unit.service))
    }
}
