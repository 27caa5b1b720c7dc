import ArgumentParser
import ConvoAPI
import ConvoApp
import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// The result of `convo status`, and how it is printed.
struct StatusReport {
    /// The name of the profile; `nil` where the settings use none.
    let profile: String?
    let database: String
    /// The server that the settings name.
    let server: String
    let status: StoreStatus
    let setAside: [SetAsideItem]
    /// How many files there are in each state.
    let files: [FileState: Int]
    /// The daemon that runs; `nil` if none does.
    let daemon: FileLock.Holder?
    /// The address at which the daemon offers the endpoint; `nil` if it offers none.
    let endpoint: LocalAddress?
    /// The address that the setting `listen` names; `nil` where it is off.
    let listen: LocalAddress?

    var json: JSONText {
        .object([
            "profile": .string(profile),
            "database": .string(database),
            "server_url": .string(server),
            "conversations": .int(status.conversations),
            "entries": .int(status.entries),
            "outbox": .object(OperationState.allCases.map { ($0.rawValue, .int(status.outbox[$0] ?? 0)) }),
            "files": .object(FileState.allCases.map { ($0.rawValue, .int(files[$0] ?? 0)) }),
            "last_pull_at": .string(status.lastPullAt?.text),
            "last_sweep_at": .string(status.lastSweepAt?.text),
            "daemon": .object([
                "running": .bool(daemon?.isCurrent == true),
                "pid": daemon?.process.map { .int(Int($0)) } ?? .null,
            ]),
            "endpoint": .object([
                "running": .bool(endpoint != nil), "address": .string((endpoint ?? listen)?.description),
            ]),
            "set_aside": .array(setAside.map(\.json)),
        ])
    }

    func lines(_ style: OutputStyle) -> [String] {
        let waiting = OperationState.allCases.filter(\.isOpen).compactMap { state in
            status.outbox[state].flatMap { $0 > 0 ? "\($0) \(state.words)" : nil }
        }
        var facts = [
            ("database", database), ("server", server),
            ("held", "\(status.conversations) conversations, \(status.entries) entries"),
            ("waiting", waiting.isEmpty ? "nothing" : waiting.joined(separator: ", ")),
            ("last look", status.lastPullAt.map(style.times.ago) ?? "never"),
            ("last sweep", status.lastSweepAt.map(style.times.ago) ?? "never"),
            ("daemon", daemon.words),
        ]
        let kinds = FileState.allCases.compactMap { state in files[state].map { "\($0) \(state.words)" } }
        if !kinds.isEmpty { facts.insert(("files", kinds.joined(separator: ", ")), at: 3) }
        if let endpoint {
            facts.append(("endpoint", "\(endpoint)"))
        } else if let listen {
            facts.append(("endpoint", "not offered now; the settings name \(listen)"))
        }
        if let profile { facts.insert(("profile", profile), at: 0) }
        if !setAside.isEmpty {
            facts.append(("set aside", "\(setAside.count), which can't be read and stand in the way of nothing:"))
            facts += setAside.map { ("", $0.words) }
        }
        return FactList.lines(facts.map { (label: $0, words: $1) }, width: style.width, ansi: style.ansi)
    }
}

extension FileLock.Holder? {
    /// The holder of the daemon's lock, in words.
    var words: String {
        guard let self else { return "not running" }
        let process = self.process.map { "process \($0)" } ?? "another process"
        return self.isCurrent
            ? "running, \(process)" : "not running for this file: \(process) serves one that is no longer there"
    }
}

struct Status: NamedVerb {
    static let name = "status"
    static let configuration = CommandConfiguration.verb(
        name, abstract: "What is held, what waits, how stale it is.",
        discussion: "".withExamples(
            "convo status",
            "convo status --json"))

    @OptionGroup var common: CommonOptions

    func run() throws {
        let settings = try common.settings()
        let store = try common.store(settings)
        let report = StatusReport(
            profile: settings.profile, database: settings.database, server: settings.serverURL.description,
            status: try store.status(), setAside: try store.setAside(),
            files: try store.fileCounts(), daemon: FileLock.holder(of: .daemon, beside: settings.database),
            endpoint: RunningEndpoint(beside: settings.database)?.address, listen: settings.listen)
        try common.console.print(json: report.json) { report.lines($0) }
    }
}
