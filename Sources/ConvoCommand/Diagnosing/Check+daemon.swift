import ConvoAPI
import ConvoApp
import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

// The process that serves the database.

extension Check {
    /// How long a daemon may go without a complete pull, beyond ten of its intervals, in microseconds.
    private static let leastSilence: Int64 = 300_000_000

    static let daemon = Check { facts in
        guard case .success(let store) = facts.store else { return [] }
        let daemon = store.daemon
        guard let holder = daemon.holder else { return [.ok("daemon", idle(daemon, path: store.path))] }
        guard holder.isCurrent else {
            return [
                .warning(
                    "daemon", code: "daemon_elsewhere", daemon.holder.words,
                    hint: "It notices within 10 s; if it stays so, restart it: systemctl --user restart convod")
            ]
        }
        let findings = [stopped(daemon), stuck(daemon, facts), outdated(daemon)].compactMap(\.self)
        return findings.isEmpty ? [.ok("daemon", daemon.holder.words)] : findings
    }

    /// A lock file that stays when its process ends, however it ends.
    private static func idle(_ daemon: DaemonFacts, path: String) -> String {
        guard let process = daemon.lastProcess else { return daemon.holder.words }
        return "not running; \(path).daemon is left of process \(process), which has ended: it locks nothing"
    }

    private static func name(_ daemon: DaemonFacts) -> String {
        daemon.holder?.process.map { "convod (process \($0))" } ?? "convod"
    }

    private static func stopped(_ daemon: DaemonFacts) -> Finding? {
        guard daemon.process?.isStopped == true else { return nil }
        let id = daemon.holder?.process.map(String.init) ?? "PROCESS"
        return .failure(
            "daemon", .tryLater, code: "daemon_stopped",
            "\(name(daemon)) is stopped by a signal or a debugger: it holds the database's lock and delivers nothing.",
            hint: "Run: kill -CONT \(id); or restart it: systemctl --user restart convod")
    }

    /// A daemon that has pulled nothing for long, although the server answers.
    private static func stuck(_ daemon: DaemonFacts, _ facts: DiagnosticFacts) -> Finding? {
        guard daemon.process?.isStopped != true, case .success(let settings) = facts.settings,
            case .success(let probe) = facts.server, probe.failure == nil, case .success(let store) = facts.store
        else { return nil }
        let interval = settings.pollInterval.components
        let allowed = leastSilence + 10 * interval.seconds * 1_000_000
        let silence = facts.now.microseconds - max(store.lastPullAt?.microseconds ?? 0, daemon.lockedAt)
        guard silence > allowed else { return nil }
        return .failure(
            "daemon", .tryLater, code: "daemon_stuck",
            "\(name(daemon)) holds the database's lock, and has completed no pull for \(SpanWords.of(silence)), although the server answers.",
            hint: "Restart it: systemctl --user restart convod; journalctl --user -u convod -n 20 shows its last words."
        )
    }

    private static func outdated(_ daemon: DaemonFacts) -> Finding? {
        guard daemon.process?.isReplaced == true else { return nil }
        return .warning(
            "daemon", code: "outdated_daemon",
            "\(name(daemon)) runs a program whose file was replaced or removed since: an older version of Convo.",
            hint: "Restart it: systemctl --user restart convod")
    }

    static let wakeups = Check { facts in
        guard !facts.hasFileEvents else { return [] }
        return [
            .warning(
                "wakeups", code: "no_inotify",
                "This user has no inotify instance left: convod looks for new writes four times a second, in place of being woken.",
                hint: "Run: sudo sysctl fs.inotify.max_user_instances=1024; a file in /etc/sysctl.d keeps it.")
        ]
    }
}
