import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// The result of `convo service status`, and how it is printed.
struct ServiceReport {
    private static let logLines = 5

    let unit: ServiceUnit
    let state: ServiceState
    /// Whether what wakes the service is on.
    let isWoken: Bool
    /// Whether the service runs while its user is not logged in; `nil` where that is not known.
    let isLingering: Bool?
    /// What the database tells; `nil` where there is none, or it can't be read.
    let facts: MonitoringFacts?
    /// The newest lines of the log.
    let log: [String]

    /// Asks systemd and the database.
    ///
    /// - Throws: ``CLIError`` if there is no service manager, or no such service.
    static func make(_ options: ServiceOptions) throws -> ServiceReport {
        let installation = try options.installation(isChanged: false)
        let (unit, systemd) = (installation.unit, installation.systemd)
        let state = try systemd.state(of: unit)
        guard state.isInstalled else { throw installation.notInstalled }
        // A database that is not there is not made by a look at the service, and settings that can't be used name none.
        let database = (try? options.settings(of: installation.user))?.database
        let store = database.flatMap { access($0, F_OK) == 0 ? try? Store(path: $0) : nil }
        return ServiceReport(
            unit: unit, state: state,
            isWoken: ServiceState(properties: try systemd.properties(of: unit.path)).isActive,
            isLingering: unit.isSystem ? nil : systemd.isLingering(installation.user.name),
            facts: store.flatMap { try? $0.monitoringFacts() },
            log: systemd.newestLines(of: unit, ServiceReport.logLines))
    }

    var exitCode: ExitCode { state.exitCode }

    private var waiting: Int {
        facts.map { facts in
            facts.open.filter { $0.key != .refused && $0.key != .held }.values.reduce(0, +)
        } ?? 0
    }

    private var stopped: Int { (facts?.open[.refused] ?? 0) + (facts?.open[.held] ?? 0) }

    var json: JSONText {
        .object([
            "unit": .string(unit.service), "file": .string(state.file), "enabled": .bool(state.isEnabled),
            "active": .bool(state.isActive), "state": .string(state.name), "result": .string(state.result),
            "exit_status": state.exitStatus.map { .int(Int($0)) } ?? .null,
            "pid": state.process.map { .int($0) } ?? .null, "restarts": .int(state.restarts),
            "status": .string(state.doing), "wakes": .bool(isWoken),
            "lingering": isLingering.map { .bool($0) } ?? .null, "last_pull_at": .string(facts?.lastPullAt?.text),
            "waiting": .int(waiting), "needs_you": .int(stopped), "log": .array(log.map { .string($0) }),
        ])
    }

    func lines(_ style: OutputStyle) -> [String] {
        var rows: [(String, String)] = [("unit", unit.service), ("state", state.words)]
        if let doing = state.doing, state.isActive { rows.append(("doing", doing)) }
        if !state.isActive { rows.append(("to do", state.hint)) }
        rows.append(("starts", starts))
        rows.append(("wakes", isWoken ? "when something is queued, if it is stopped or has failed" : "not by itself"))
        if let facts {
            rows.append(("last look", facts.lastPullAt.map(style.times.ago) ?? "never"))
            var parts = waiting == 0 ? [] : ["\(waiting) to be sent\(oldest(facts, style))"]
            if stopped > 0 { parts.append("\(stopped) for your decision (`convo outbox`)") }
            rows.append(("waiting", parts.isEmpty ? "nothing" : parts.joined(separator: ", ")))
        }
        var lines = FactList.lines(rows.map { (label: $0, words: $1) }, width: style.width, ansi: style.ansi)
        if !log.isEmpty {
            lines += [""] + log.map { $0.sanitised(.line).truncated(to: style.width ?? Int.max) }
        }
        return lines
    }

    private func oldest(_ facts: MonitoringFacts, _ style: OutputStyle) -> String {
        facts.oldestWaitingAt.map { ", the oldest from \(style.times.ago($0))" } ?? ""
    }

    private var starts: String {
        guard state.isEnabled else { return "not by itself: `convo service install` changes that" }
        if unit.isSystem { return "with the machine" }
        return switch isLingering {
        case true?: "with the machine (lingering is on)"
        case false?: "when you log in, and ends with your last session (lingering is off)"
        case nil: "when you log in"
        }
    }
}
