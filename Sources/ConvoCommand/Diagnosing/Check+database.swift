import ConvoApp
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

// What the database says of itself, and the writes that wait in it.

extension Check {
    /// How long a write may be in doubt, or wait with no daemon, before a person should know; in microseconds.
    private static let patience: Int64 = 3_600_000_000

    static let integrity = Check { facts in
        guard case .success(let store) = facts.store else { return [] }
        switch store.integrity {
        case .success: return [.ok("integrity", "the database is whole")]
        case .failure(let error): return [.failure("integrity", error)]
        }
    }

    static let index = Check { facts in
        judged(facts, "index", \.index) { index, store in
            switch index.standing {
            case .current: .ok("index", index.words)
            case .outdated where store.daemon.holder == nil:
                .warning(
                    "index", code: "outdated_index", index.words,
                    hint: "Run: convo doctor --rebuild-index; until then the old index is searched.")
            case .outdated: .note("index", code: "outdated_index", index.words)
            case .newer:
                .warning(
                    "index", code: "newer_index", index.words, hint: "Update Convo; its newer version keeps the index.")
            }
        }
    }

    // Items that were set aside are a defect of the server's data, not a failure of this installation.
    static let setAside = Check { facts in
        judged(facts, "set aside", \.setAside) { items, _ in
            items.isEmpty
                ? .ok("set aside", "nothing")
                : .note("set aside", code: "set_aside", "\(items.count): \(items.words)")
        }
    }

    static let instance = Check { facts in
        judged(facts, "instance", \.isOriginal) { isOriginal, store in
            guard !isOriginal else { return .ok("instance", "this is the file that Convo made here") }
            let open = (try? store.outbox.get())?.count ?? 0
            let words = "This database is a copy, or was restored from a backup"
            guard open > 0 else {
                return .note("instance", code: "copied", "\(words). Nothing waits in it, so nothing can be sent twice.")
            }
            return .warning(
                "instance", code: "copied",
                "\(words): the \(open == 1 ? "write" : "\(open) writes") that it holds may have been sent by the original.",
                hint:
                    "`convo outbox retry` looks for a write on the server, and sends it only if it is not there; `convo outbox cancel` drops it."
            )
        }
    }

    static let outbox = Check { facts in
        guard case .success(let store) = facts.store else { return [] }
        switch store.outbox {
        case .failure(let error): return repeats(error, of: store) ? [] : [.failure("outbox", error)]
        case .success(let items):
            let findings =
                decided(items, state: .refused, "The server has refused")
                + decided(items, state: .held, "Held for you:")
                + doubtful(items, now: facts.now) + waiting(items, store, now: facts.now) + stopped(store)
            return findings.isEmpty
                ? [.ok("outbox", items.isEmpty ? "nothing waits" : "\(count(items)) on the way")] : findings
        }
    }

    private static func count(_ items: [OutboxItem]) -> String {
        items.count == 1 ? "1 write" : "\(items.count) writes"
    }

    /// Writes that stay as they are until a person decides.
    private static func decided(_ all: [OutboxItem], state: OperationState, _ start: String) -> [Finding] {
        let items = all.filter { $0.state == state }
        guard let first = items.first else { return [] }
        let reason = first.reason.map { "; the first (\(first.id)): \($0.message)" } ?? " (\(first.id))"
        return [
            .warning(
                "outbox", code: "writes_\(state.rawValue)", "\(start) \(count(items))\(reason).",
                hint: first.hint ?? "`convo outbox` shows them; then `convo outbox retry`, `edit` or `cancel`.")
        ]
    }

    private static func doubtful(_ all: [OutboxItem], now: Timestamp) -> [Finding] {
        let items = all.filter { item in
            let since = item.doubtedAt ?? item.sentAt
            return item.state == .inDoubt && since.map { now.microseconds - $0.microseconds > patience } == true
        }
        guard let first = items.first else { return [] }
        return [
            .warning(
                "outbox", code: "writes_in_doubt",
                "\(count(items)) in doubt for over an hour: the answer was lost, and no look at the server has settled it (\(first.id)).",
                hint:
                    "Run `convo sync`, which looks on the server; if it stays so, `convo outbox show \(first.id)` says why."
            )
        ]
    }

    private static func waiting(_ all: [OutboxItem], _ store: StoreFacts, now: Timestamp) -> [Finding] {
        let items = all.filter { $0.state == .queued && now.microseconds - $0.createdAt.microseconds > patience }
        guard store.daemon.holder == nil, !items.isEmpty else { return [] }
        return [
            .warning(
                "outbox", code: "writes_waiting", "\(count(items)) queued for over an hour, and no convod runs.",
                hint: "Run `convo sync`, or start convod: systemctl --user enable --now convod")
        ]
    }

    /// A command that a person has stopped with Ctrl-Z while it delivered: it keeps the others, the daemon too, from delivering.
    private static func stopped(_ store: StoreFacts) -> [Finding] {
        guard let process = store.stoppedDeliverer else { return [] }
        return [
            .failure(
                "outbox", .tryLater, code: "delivery_stopped",
                "Process \(process) was stopped by a signal or a debugger while it delivered: it keeps convod from delivering.",
                hint: "Bring it back with `fg`, or run: kill -CONT \(process); or end it: kill -KILL \(process)")
        ]
    }

    /// Judges one result of the database; an error that the check of its integrity has reported already is left out.
    private static func judged<Value>(
        _ facts: DiagnosticFacts, _ part: String, _ member: (StoreFacts) -> Result<Value, CLIError>,
        _ judge: (Value, StoreFacts) -> Finding
    ) -> [Finding] {
        guard case .success(let store) = facts.store else { return [] }
        switch member(store) {
        case .success(let value): return [judge(value, store)]
        case .failure(let error): return repeats(error, of: store) ? [] : [.failure(part, error)]
        }
    }

    /// Whether the check of the integrity says the same.
    static func repeats(_ error: CLIError, of store: StoreFacts) -> Bool {
        guard case .failure(let known) = store.integrity else { return false }
        return known.code == error.code
    }
}

extension IndexStatus {
    fileprivate var words: String {
        let made =
            rebuiltRows.map { "; a new one is being made, \(rows == 0 ? 100 : min(100, $0 * 100 / rows)) %" } ?? ""
        return switch standing {
        case .current: "up to date" + made
        case .outdated:
            "made by an older version of Convo: convod, `convo sync` or --rebuild-index makes it anew" + made
        case .newer: "made by a newer version of Convo: some words may not be found" + made
        }
    }
}
