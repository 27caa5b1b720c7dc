import ConvoPlatform
import ConvoTerminal

/// The programs of systemd, as a service needs them.
struct Systemd {
    /// Runs one of them to its end; tests have one of their own.
    typealias Runner = (_ name: String, _ arguments: [String]) throws(ChildProcess.Failure) -> ChildProcess.Outcome

    let isSystem: Bool
    var run: Runner = { (name, arguments) throws(ChildProcess.Failure) in try ChildProcess.run(name, arguments) }

    /// Runs `systemctl`.
    ///
    /// - Returns: the outcome, whatever the exit status.
    /// - Throws: ``CLIError`` where it can't be run, or reaches no service manager.
    @discardableResult
    func control(_ arguments: [String]) throws -> ChildProcess.Outcome {
        let outcome = try program(
            "systemctl", (isSystem ? [] : ["--user"]) + ["--no-pager", "--no-ask-password"] + arguments)
        if outcome.exitCode != 0,
            let failure = Systemd.unreachable(outcome.errors, isSystem: isSystem, .ofThisProcess())
        {
            throw failure
        }
        return outcome
    }

    /// Runs `systemctl`, and demands that it succeeds.
    func demand(_ arguments: [String]) throws {
        let outcome = try control(arguments)
        guard outcome.exitCode == 0 else {
            throw CLIError(
                .internal, code: "systemctl_failed",
                message: "systemctl \(arguments.joined(separator: " ")): \(Systemd.firstLine(outcome.errors))",
                hint: "Run it by hand to see more.")
        }
    }

    /// Properties of a unit; empty ones are left out.
    func properties(of unit: String) throws -> [String: String] {
        let outcome = try control(["show", unit, "--property=" + ServiceState.properties.joined(separator: ",")])
        return Systemd.properties(outcome.output)
    }

    /// The arguments of `journalctl` for a service's log.
    static func journal(_ unit: ServiceUnit, lines: Int, follows: Bool = false, format: String? = nil) -> [String] {
        [unit.isSystem ? "--unit=\(unit.service)" : "--user-unit=\(unit.service)", "--lines=\(lines)"]
            + (follows ? ["--follow"] : []) + (format.map { ["--output=\($0)", "--no-pager"] } ?? [])
    }

    /// The newest lines of a service's log; none where the journal can't be read.
    func newestLines(of unit: ServiceUnit, _ count: Int, format: String = "short") -> [String] {
        let arguments = Systemd.journal(unit, lines: count, format: format) + ["--quiet"]
        guard let outcome = try? run("journalctl", arguments), outcome.exitCode == 0 else { return [] }
        return outcome.output.split(separator: "\n").map(String.init)
    }

    /// Whether a user's services run while the user is not logged in; `nil` where systemd does not tell.
    func isLingering(_ user: String) -> Bool? {
        guard let outcome = try? run("loginctl", ["show-user", user, "--property=Linger", "--value"]) else {
            return nil
        }
        // Without a session and without lingering, it knows no such user.
        if outcome.exitCode != 0 { return false }
        return Systemd.firstLine(outcome.output) == "yes"
    }

    /// Switches lingering on or off.
    func setLingering(_ isOn: Bool, _ user: String) throws {
        let outcome = try program("loginctl", ["--no-ask-password", isOn ? "enable-linger" : "disable-linger", user])
        guard outcome.exitCode == 0 else {
            throw CLIError(
                .configuration, code: "lingering_failed",
                message:
                    "All else is done, but lingering of \(user) can't be switched \(isOn ? "on" : "off"): \(Systemd.firstLine(outcome.errors)).",
                hint: "Run: sudo loginctl \(isOn ? "enable" : "disable")-linger \(user)")
        }
    }

    private func program(_ name: String, _ arguments: [String]) throws -> ChildProcess.Outcome {
        do throws(ChildProcess.Failure) {
            return try run(name, arguments)
        } catch .tookTooLong {
            throw CLIError(
                .tryLater, code: "systemd_silent", message: "\(name) has not answered within a minute.",
                hint: "`convo service status` tells whether it has done its work meanwhile.")
        } catch {
            throw Systemd.absent
        }
    }

    // MARK: - What its answers mean

    /// `KEY=VALUE` lines, without those that have no value.
    static func properties(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "="), line.index(after: equals) < line.endIndex else { continue }
            result[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        return result
    }

    static func firstLine(_ text: String) -> String {
        text.split(separator: "\n").first.map { line in
            String(line.reversed().drop { $0 == "." || $0.isWhitespace }.reversed())
        } ?? "no reason was given"
    }

    /// The facts that tell why no service manager can be reached.
    struct Surroundings {
        /// Whether this machine was started by systemd.
        let isBootedBySystemd: Bool
        /// Whether `XDG_RUNTIME_DIR` is set.
        let hasRuntimeFolder: Bool

        /// The facts of this process.
        static func ofThisProcess() -> Surroundings {
            var status = stat()
            return Surroundings(
                isBootedBySystemd: lstat("/run/systemd/system", &status) == 0,
                hasRuntimeFolder: getenv("XDG_RUNTIME_DIR") != nil)
        }
    }

    static let absent = CLIError(
        .configuration, code: "no_systemd",
        message: "There is no systemd on this machine, so it can't run convod as a service.",
        hint: "Start convod with whatever starts programs here, or run `convo sync` now and then.")

    /// Why `systemctl` reached no manager; `nil` where its complaint is about something else.
    static func unreachable(_ complaint: String, isSystem: Bool, _ surroundings: Surroundings) -> CLIError? {
        let complaints = [
            "Failed to connect to", "has not been booted with systemd", "$XDG_RUNTIME_DIR not", "No medium found",
        ]
        guard complaints.contains(where: { complaint.contains($0) }) else { return nil }
        guard surroundings.isBootedBySystemd else {
            return CLIError(
                .configuration, code: "no_systemd",
                message: "systemd does not run here, as in most containers, so it can't run convod as a service.",
                hint: "Start convod with whatever starts programs here (in a container: as its command).")
        }
        guard !isSystem else {
            return CLIError(
                .configuration, code: "no_manager",
                message: "The system's service manager can't be reached: \(firstLine(complaint)).",
                hint: "Run it as root: sudo convo service …")
        }
        return CLIError(
            .configuration, code: "no_user_manager",
            message: surroundings.hasRuntimeFolder
                ? "Your service manager can't be reached: \(firstLine(complaint))."
                : "Your service manager can't be reached: XDG_RUNTIME_DIR is not set, as after su or sudo -u.",
            hint:
                "Log in as this user by itself (ssh, or machinectl shell USER@); or let its services run without a login: sudo loginctl enable-linger USER"
        )
    }

    /// Makes the user's manager reachable where only the variable is missing that says where it is: after su, and in cron.
    static func findRuntimeFolder() {
        guard getenv("XDG_RUNTIME_DIR") == nil else { return }
        let folder = "/run/user/\(getuid())"
        var status = stat()
        if stat("\(folder)/systemd/private", &status) == 0 { setenv("XDG_RUNTIME_DIR", folder, 1) }
    }
}
