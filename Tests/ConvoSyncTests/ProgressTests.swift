import ConvoModel
import Synchronization
import Testing

@testable import ConvoSync

@Suite struct `Signs of progress` {
    private static let limit = Duration.seconds(300)

    private static func overdue(_ activity: ProgressLedger.Activity?, after silence: Duration) -> Bool {
        var ledger = ProgressLedger()
        let key = ledger.begin("pushing", at: .seconds(5))
        if let activity { ledger.note(activity, of: key, at: .seconds(5)) }
        return ledger.overdue(at: .seconds(5) + silence) != nil
    }

    @Test func `are not missed of work that may take its time, and then they are`() {
        #expect(!Self.overdue(nil, after: .seconds(900)))
        #expect(Self.overdue(nil, after: ProgressLedger.workLimit + .seconds(1)))
    }

    @Test func `are not missed of a request that the transport still allows, also behind another one`() {
        #expect(!Self.overdue(.requesting(limit: Self.limit), after: .seconds(660)))
        #expect(Self.overdue(.requesting(limit: Self.limit), after: .seconds(661)))
    }

    @Test(arguments: [0, 30, 86_400]) func `are not missed of a wait on purpose before its end`(seconds: Int) {
        #expect(!Self.overdue(.resting(.seconds(seconds)), after: .seconds(seconds) + ProgressLedger.grace))
        #expect(Self.overdue(.resting(.seconds(seconds)), after: .seconds(seconds + 61)))
    }

    @Test func `are never missed of a wait without an end, which is another part's to end`() {
        #expect(!Self.overdue(.resting(nil), after: .seconds(1_000_000)))
    }

    @Test func `of one part do not hide that another one is stuck`() {
        var ledger = ProgressLedger()
        let stuck = ledger.begin("pulling", at: .zero)
        let alive = ledger.begin("pushing", at: .zero)
        for minute in 1...20 { ledger.note(.working, of: alive, at: .seconds(60 * minute)) }
        #expect(ledger.overdue(at: .seconds(1200))?.name == "pulling")
        #expect(ledger.overdue(at: .seconds(1200))?.silence == .seconds(1200))
        ledger.end(stuck, at: .seconds(1200))
        #expect(ledger.overdue(at: .seconds(1200)) == nil)
        #expect(ledger.lastSign == .seconds(1200))
    }

    @Test func `of the longest silence beyond its limit are told first`() {
        var ledger = ProgressLedger()
        let first = ledger.begin("a", at: .zero)
        let second = ledger.begin("b", at: .seconds(10))
        ledger.note(.resting(.seconds(100)), of: first, at: .zero)
        ledger.note(.resting(.seconds(20)), of: second, at: .seconds(10))
        #expect(ledger.overdue(at: .seconds(300))?.name == "b")
    }

    @Test func `belong to the task that watches, and to no other`() async {
        let time = Mutex(Duration.zero)
        let monitor = ProgressMonitor { time.withLock { $0 } }
        await monitor.watching("outer") {
            await ProgressMonitor.step("inner") {
                time.withLock { $0 = ProgressLedger.workLimit + .seconds(1) }
                ProgressMonitor.note(.working)  // a sign of the inner one
                #expect(monitor.overdue?.name == "outer")
            }
        }
        #expect(monitor.overdue == nil)
        ProgressMonitor.note(.working)
        #expect(monitor.silence == .zero && monitor.requests == 0)
    }

    @Test func `counts each request once`() {
        var ledger = ProgressLedger()
        for _ in 0..<3 { ledger.countRequest() }
        #expect(ledger.requests == 3)
    }
}

@Suite struct `An engine that is watched` {
    /// A clock whose waits never end by themselves.
    private struct StillClock: SyncClock {
        var now: Timestamp { noon }
        var uptime: Uptime { uptimeAtNoon }
        func sleep(until moment: Timestamp) async throws {
            await AsyncEvent().wait(after: AsyncEvent().generation)
            throw CancellationError()
        }
    }

    private let pulled = AsyncEvent()

    /// Runs an engine until `work` has ended.
    private func run(
        _ monitor: ProgressMonitor, poll: Duration, isStuck: Bool, _ work: (AsyncEvent.Generation) async -> Void
    ) async throws {
        let (store, server) = (try temporaryStore(), FakeServer())
        var engine = SyncEngine(store: store, clock: StillClock(), executor: nil) {
            Connection(api: server, server: "https://api.example", key: nil)
        }
        if isStuck {
            engine.steps.pull = { [pulled] _, _ in
                pulled.notify()
                await AsyncEvent().wait(after: AsyncEvent().generation)
                return .failed(.cancelled)
            }
        }
        let none = pulled.generation
        let task = Task { [engine, pulled] in  // cancelled below
            await engine.run(SyncIntervals(poll: poll, sweep: poll), wake: AsyncEvent(), progress: monitor) { event in
                if case .pulled = event { pulled.notify() }
            }
        }
        await work(none)
        task.cancel()
        _ = await task.value
    }

    @Test func `and has a step that never ends is overdue, though it waits on purpose elsewhere`() async throws {
        let shared = Shared(time: .zero)
        let watched = ProgressMonitor { shared.value }
        try await run(watched, poll: .seconds(86_400), isStuck: true) { none in
            await pulled.wait(after: none)
            #expect(watched.overdue == nil)
            shared.value = ProgressLedger.workLimit + .seconds(1)
            #expect(watched.overdue?.name == "a step of PullMachine")
        }
        #expect(watched.overdue == nil)  // nothing is watched any more
    }

    @Test func `and waits between two polls is not; it is where its timer does not wake it`() async throws {
        let shared = Shared(time: .zero)
        let watched = ProgressMonitor { shared.value }
        try await run(watched, poll: .seconds(30), isStuck: false) { none in
            await pulled.wait(after: none)
            while watched.overdue != nil { await Task.yield() }
            shared.value = .seconds(89)
            #expect(watched.overdue == nil)
            #expect(watched.requests > 0)
            shared.value = .seconds(1000)
            #expect(watched.overdue != nil)
        }
    }

    /// A time that a test moves.
    private final class Shared: Sendable {
        private let time: Mutex<Duration>
        init(time: Duration) { self.time = Mutex(time) }
        var value: Duration {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }
}
