import ConvoIPC
import ConvoModel
import ConvoSimulation
import ConvoStore
import Synchronization

/// To whom the database was given, and when; and what gives it away between an answer and its storing.
final class Owners: Sendable {
    private struct State {
        var changes: [AccountCheck.Change] = []
        var reads = 0
        var due: [Int]
        /// The mirror as it was when the database was given away; `nil` while it is ours.
        var given: MirrorSnapshot?
    }
    private let state: Mutex<State>

    /// - Parameter givings: after how many answers the database is given away.
    init(givings: [Int]) { state = Mutex(State(due: givings.sorted())) }

    var changes: [AccountCheck.Change] { state.withLock { $0.changes } }
    var isGiven: Bool { state.withLock { $0.given != nil } }
    var given: MirrorSnapshot { state.withLock { $0.given ?? MirrorSnapshot(conversations: []) } }

    func note(_ tenant: Tenant, at instant: VirtualInstant) {
        state.withLock { state in
            state.changes.append(.init(at: instant, to: tenant))
            if tenant == .ours { state.given = nil }
        }
    }

    /// Gives the database to the neighbour as an answer comes, if one is due; not while a process sends: `convo account adopt` waits
    /// for its lock.
    func answered(_ request: SimulatedRequest, _ disk: Disk, _ world: SharedWorld, _ plan: AccessPlan) {
        let isDue = state.withLock { state in
            state.reads += 1
            return state.given == nil && state.due.first.map { $0 <= state.reads } ?? false
        }
        guard isDue, !request.isWrite, request != .whoAmI, let lock = try? disk.store.tryLock(.engine) else { return }
        defer { lock.release() }
        let access = AccessPlan.access(to: .neighbour, ours: world.access)
        let account = plan.identity == .told ? Account(user: .init(id: "neighbour")) : nil
        guard (try? disk.store.adopt(server: access.server, account: account, key: access.key)) != nil,
            let mirror = try? MirrorSnapshot(disk.store)
        else { return }
        disk.beSeen()
        state.withLock { state in
            state.due.removeFirst()
            state.given = mirror
            state.changes.append(.init(at: world.now, to: .neighbour))
        }
    }
}
