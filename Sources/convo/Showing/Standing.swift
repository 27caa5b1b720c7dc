import ConvoModel
import ConvoStore
import ConvoTerminal

/// What `convo status` answers.
struct Standing {
    let database: String
    let server: String
    let status: StoreStatus
    /// The running daemon's process, `nil` if none runs.
    let daemon: Int32?

    var json: JSONText {
        .object([
            "database": .string(database),
            "server_url": .string(server),
            "conversations": .int(status.conversations),
            "entries": .int(status.entries),
            "outbox": .object(OperationState.allCases.map { ($0.rawValue, .int(status.outbox[$0] ?? 0)) }),
            "last_pull_at": .string(status.lastPullAt),
            "last_sweep_at": .string(status.lastSweepAt),
            "daemon": .object(["running": .bool(daemon != nil), "pid": daemon.map { .int(Int($0)) } ?? .null]),
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
            ("daemon", daemon.map { "running, process \($0)" } ?? "not running"),
        ]
        return facts.map { "\(style.ink.faint($0.padded(to: 12)))\($1.sanitised(.line))" }
    }
}
