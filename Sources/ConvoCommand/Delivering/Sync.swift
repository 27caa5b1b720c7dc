import ArgumentParser
import ConvoApp
import ConvoIPC
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

struct Sync: NamedVerb {
    static let name = "sync"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "One pull and one push, now, in the foreground.",
        discussion: "What was fetched before a failure stays; the next one goes on from there.".withExamples(
            "convo sync",
            "convo sync --profile work --json"))

    /// How often `sync` tries to push while another process, such as the daemon, does.
    private static let turnPause = Duration.milliseconds(50)
    /// How long `sync` waits for the other process before it leaves the push to that one.
    private static let turnLimit = Duration.seconds(20)

    @Flag(help: "Mark what the server no longer has as deleted, however many conversations that are.")
    var acceptDeletions = false

    @OptionGroup var common: CommonOptions

    func perform() async throws {
        let store = try common.store()
        let engine = try common.engine(for: store)
        let console = common.console
        let progress = ProgressLine()
        let notice = WaitNotice("Still looking for what is new") { line in
            progress.isShown ? progress.show(line) : try? console.note(line)
        }
        var outcome = SyncOutcome(times: console.style.times)
        do {
            defer { progress.clear() }
            outcome = try await Interruption.ending(
                console, saying: { "What was fetched stays. \(Interruption.words(of: store))" }
            ) { [outcome] in
                try await console.asJSON
                    ? run(engine, store, outcome, progress, notice)
                    : notice.during {
                        try await run(engine, store, outcome, progress, notice)
                    }
            }
        }
        outcome.times = console.style.times
        outcome.waiting = try store.outbox().map(\.state)
        outcome.setAside = try store.setAside()
        if outcome.pull.withheldDeletions > 0 { outcome.heldCount = try store.status().conversations }
        try console.print(json: outcome.json) { _ in outcome.lines }
        let failures = outcome.failures
        if !console.asJSON { for failure in failures.dropFirst() { try console.note(failure.message) } }
        if let failure = failures.first { throw failure }
    }

    private func run(
        _ engine: SyncEngine, _ store: Store, _ outcome: SyncOutcome, _ progress: ProgressLine, _ notice: WaitNotice
    ) async throws -> SyncOutcome {
        var outcome = outcome
        outcome.pull = await pull(engine, progress, notice)
        if outcome.canPush {
            do {
                outcome.push = try await push(engine, in: store, progress, notice)
                outcome.isPushedElsewhere = outcome.push == nil
            } catch let error as StoreError {
                outcome.pushFailure = .store(error)
            }
        }
        if outcome.canPush {
            do throws(SyncFailure) {
                outcome.files = try await fetchFiles(engine, progress, notice)
            } catch { outcome.fileFailure = error }
        }
        do {
            try await rebuildIndex(engine, store, progress, notice)
        } catch let error as StoreError {
            outcome.indexFailure = .store(error)
        }
        return outcome
    }

    private func pull(_ engine: SyncEngine, _ progress: ProgressLine, _ notice: WaitNotice) async -> PullReport {
        progress.show("Looking for what is new…")
        var meter = ProgressMeter("Fetching")
        return await engine.pull(.full, acceptsDeletions: acceptDeletions) { report in
            guard report.histories > 0 || report.conversations > 0 else { return }
            let counts = "new conversations: \(report.conversations); histories fetched: \(report.histories)"
            notice.waits(for: "Still fetching, \(counts)")
            guard progress.isShown else { return }
            let pace = meter.pace(report.histories, of: nil).map { ", \($0)" }.joined()
            progress.show("Fetching, \(counts)\(pace)…")
            notice.wasSpoken()
        }
    }

    /// Fetches the files that entries refer to.
    private func fetchFiles(
        _ engine: SyncEngine, _ progress: ProgressLine, _ notice: WaitNotice
    ) async throws(SyncFailure) -> FileReport? {
        try await engine.fetchFiles { report in
            let line = "files fetched: \(report.stored)"
            notice.waits(for: "Still fetching, \(line)")
            progress.show("Fetching, \(line)…")
        }
    }

    /// Makes the search index anew where an older version of Convo has made it.
    private func rebuildIndex(
        _ engine: SyncEngine, _ store: Store, _ progress: ProgressLine, _ notice: WaitNotice
    ) async throws {
        var report = RebuildProgress(store: store)
        try await engine.rebuildIndex {
            guard let line = report.line(at: .now) else { return }
            notice.waits(for: "Still making the search index anew")
            progress.show(line)
        }
    }

    /// Pushes, and waits for its turn while another process does.
    ///
    /// - Returns: the report; `nil` where another process pushed until the limit.
    private func push(
        _ engine: SyncEngine, in store: Store, _ progress: ProgressLine, _ notice: WaitNotice
    ) async throws -> PushReport? {
        progress.show("Delivering…")
        notice.waits(for: "Still delivering")
        let limit = ContinuousClock.now + Sync.turnLimit
        var isWaiting = false
        while true {
            if let report = try await engine.push(.once) { return report }
            if !isWaiting {
                isWaiting = true
                let holder =
                    store.lockHolder(.engine).flatMap(\.process).map { ", process \($0)," } ?? ""
                notice.waits(for: "Another process\(holder) is delivering; waiting for it to end")
            }
            guard ContinuousClock.now < limit else { return nil }
            store.notifyListener()
            try await Task.sleep(for: Sync.turnPause)
        }
    }
}
