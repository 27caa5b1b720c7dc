import ConvoModel
import ConvoStore
import ConvoTerminal

/// What `convo status` answers.
struct Standing {
    let database: String
    let server: String
    let status: StoreStatus
    /// The daemon that runs, `nil` if none does.
    let daemon: FileLock.Holder?

    var json: JSONText {
        .object([
            "database": .string(database),
            "server_url": .string(server),
            "conversations": .int(status.conversations),
            "entries": .int(status.entries),
            "outbox": .object(OperationState.allCases.map { ($0.rawValue, .int(status.outbox[$0] ?? 0)) }),
            "last_pull_at": .string(status.lastPullAt),
            "last_sweep_at": .string(status.lastSweepAt),
            "daemon": .object([
                "running": .bool(daemon?.isCurrent == true),
                "pid": daemon?.process.map { .int(Int($0)) } ?? .null,
            ]),
        ])
    }

    func lines(_ style: Style) -> [String] {
        let waiting = OperationState.allCases.filter(\.isOpen).compactMap { state in
            status.outbox[state].flatMap { $0 > 0 ? "\($0) \(state.words)" : nil }
        }
        let facts = [
            ("database", database), ("server", server),
            ("held", "\(status.conversations) conversations, \(status.entries) entries"),
            ("waiting", waiting.isEmpty ? "nothing" : waiting.joined(separator: ", ")),
            ("last look", status.lastPullAt.map(style.moments.ago) ?? "never"),
            ("last sweep", status.lastSweepAt.map(style.moments.ago) ?? "never"),
            ("daemon", daemon.words),
        ]
        return facts.map { "\(style.ink.faint($0.padded(to: 12)))\($1.sanitised(.line))" }
    }
}

extension FileLock.Holder? {
    /// Of a daemon.
    var words: String {
        guard let self else { return "not running" }
        let process = self.process.map { "process \($0)" } ?? "another process"
        return self.isCurrent
            ? "running, \(process)" : "not running for this file: \(process) serves one that is no longer there"
    }
}
