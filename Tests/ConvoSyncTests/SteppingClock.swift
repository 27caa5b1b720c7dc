import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Foundation
import Synchronization
import TestFolders

@testable import ConvoSync

/// A clock that moves to the end of each wait at once.
final class SteppingClock: SyncClock {
    private struct State: Sendable {
        var now = noon
        var sleeps = 0
        var hooks: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }
    var uptime: Uptime {
        Uptime(
            boot: uptimeAtNoon.boot,
            microseconds: uptimeAtNoon.microseconds + now.microseconds - noon.microseconds)
    }
    /// How many waits there were.
    var sleeps: Int { state.withLock { $0.sleeps } }

    /// Calls `work` at the end of the n-th wait from now, from 1.
    func atSleep(_ number: Int, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.hooks[$0.sleeps + number] = work }
    }

    func advance(_ span: Duration) { state.withLock { $0.now = $0.now + span } }

    func sleep(until moment: Timestamp) async throws {
        try Task.checkCancellation()
        await Task.yield()
        let hook = state.withLock { state in
            state.sleeps += 1
            state.now = max(state.now, moment)
            return state.hooks.removeValue(forKey: state.sleeps)
        }
        hook?()
    }
}

/// An engine with a store of its own, a server in memory, and a clock that steps.
struct TestEngine {
    let clock = SteppingClock()
    let server = FakeServer()
    let store: Store
    let engine: SyncEngine

    private let session = PullSession()

    init(_ limits: SyncLimits = SyncLimits()) throws {
        let folder = try TemporaryFolder()
        let (clock, server) = (clock, server)
        store = try Store(
            path: folder.file("convo.db"),
            environment: StoreDependencies(
                now: { clock.now }, uptime: { clock.uptime },
                randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } }))
        engine = SyncEngine(store: store, clock: clock, limits: limits, executor: nil) {
            Connection(api: server, server: "https://api.example", key: nil)
        }
    }

    var pushExecutor: PushExecutor {
        PushExecutor(api: server, account: engine.account, store: store, clock: clock, limits: SyncLimits())
    }

    /// The executor of one pull, which a test verifies first.
    var pullExecutor: PullExecutor {
        PullExecutor(
            api: server, account: engine.account, store: store, clock: clock, limits: SyncLimits(), session: session)
    }

    /// Makes a conversation with one turn on the server, mirrors it, and clears the record of requests.
    func mirrored() async throws -> (local: LocalID, remote: RemoteID) {
        let remote = server.make()
        _ = await engine.pull(.firstPage)
        _ = server.requests()
        return (try store.localID(matching: remote.rawValue), remote)
    }

    func start(_ text: String = "hello") throws -> QueuedWrite {
        return try store.start(StartRequest(text))
    }

    func append(_ text: String, to id: LocalID) throws -> OperationID {
        try store.append(AppendRequest(inputs: .text(text)), to: id).operation
    }

    func item(_ id: OperationID) throws -> OutboxItem { try store.operation(matching: id.rawValue) }

    func texts(_ id: LocalID) throws -> [String] {
        try store.history(of: id).entries.compactMap { $0.entry.raw["content"]?.string }
    }

    func push(_ mode: PushMachine.Mode = .once) async throws -> PushReport {
        try await engine.push(mode) ?? PushReport()
    }
}

/// A suite whose tests have an engine each.
class EngineSuite {
    let test: TestEngine

    init() throws { test = try TestEngine() }
}

/// A suite whose tests have an engine each, and a mirrored conversation of one turn.
class MirroredSuite {
    let test: TestEngine
    let chat: (local: LocalID, remote: RemoteID)

    init() async throws {
        test = try TestEngine()
        chat = try await test.mirrored()
    }
}
