import ArgumentParser
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import ConvoWiring

struct Sync: Verb {
    static let configuration = CommandConfiguration.verb(
        "sync",
        abstract: "One pull and one push, now, in the foreground.",
        discussion: "What was fetched before a failure stays; the next one goes on from there.")

    /// While another process pushes, for example the daemon: how often it is asked, and how many times.
    private static let turnPause = Duration.milliseconds(50)
    private static let turnLimit = 400

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let store = try common.store()
        let engine = try common.engine(for: store)
        var outcome = SyncOutcome()
        outcome.pull = await pull(engine)
        // Without a server or a key, the push would only find the same.
        if outcome.pull.halt == nil { outcome.push = try await push(engine, in: store) }
        outcome.waiting = try store.outbox().map(\.state)
        try common.console.print(json: outcome.json) { _ in outcome.lines }
        if let failure = outcome.failure { throw failure }
    }

    private func pull(_ engine: SyncEngine) async -> PullReport {
        let progress = ProgressLine()
        defer { progress.clear() }
        progress.show("Looking for what is new…")
        return await engine.pull(.sweep) { report in
            guard report.histories > 0 || report.conversations > 0 else { return }
            progress.show("New conversations: \(report.conversations); histories fetched: \(report.histories)…")
        }
    }

    private func push(_ engine: SyncEngine, in store: Store) async throws -> PushReport {
        for _ in 0..<Sync.turnLimit {
            if let report = try await engine.push(.once) { return report }
            WakeupChannel.notify(beside: store.path)
            try await Task.sleep(for: Sync.turnPause)
        }
        return PushReport()
    }
}
