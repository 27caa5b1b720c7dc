import ConvoJSON
package import ConvoModel
import MistralEmulator
import SeededRandom

/// An ``Emulator`` in virtual time: it gets the time from its caller, draws every random number from its seed, and
/// records what was done and for whom.
///
/// A request that makes the model answer begins a run. The server commits the run's turn when its time has come,
/// whether or not a client still waits for the answer. Until then, and for a while after its client went away, the
/// server refuses every other writer of the conversation.
package struct SimulatedServer: Sendable {
    package let switches: ServerSwitches
    /// The moment up to which every due commit has been made.
    package private(set) var now = VirtualInstant.start
    var emulator: Emulator
    /// Every turn in the order in which they were committed.
    package private(set) var turns: [Turn] = []
    /// The conversations that were deleted, in order.
    package internal(set) var deleted: [RemoteID] = []
    package internal(set) var deletedAt: [RemoteID: VirtualInstant] = [:]
    /// The malformed elements of the list and of the histories, and the histories that are too large for a client.
    package internal(set) var oddities = Oddities()
    /// Conversations that the server has but does not show for a while, as behind a wrong replica, a filtered view or a
    /// permission that was withdrawn.
    package internal(set) var hidden: Set<RemoteID> = [] {
        didSet { if denial == .notFound { wasHidden.formUnion(hidden) } }
    }
    /// How the server answers a request for a hidden conversation.
    var denial = OtherWriter.Denial.notFound
    /// Whether the list shows the hidden conversations all the same.
    var listsHidden = false
    /// Every conversation that was hidden at a time when the server answered 404 for hidden ones.
    package private(set) var wasHidden: Set<RemoteID> = []
    /// The conversations that a lagging replica has denied although the server had them.
    package internal(set) var deniedByReplica: Set<RemoteID> = []
    var runs: [TurnUnderWay] = []
    /// How long the conversations stay locked whose client went away.
    private var locks: [RemoteID: VirtualInstant] = [:]
    /// The conversations that a restart has made.
    var branches: Set<RemoteID> = []
    /// The conversations that were made, in order.
    var made: [RemoteID: Int] = [:]
    /// The form that each entry had in its response.
    var responses: [EntryID: JSONText] = [:]
    var random: SplitMix64

    package init(seed: UInt64, switches: ServerSwitches = ServerSwitches()) {
        var random = SplitMix64(seed: seed)
        self.switches = switches
        emulator = Emulator(switches: switches.emulated, seed: random.next())
        self.random = random
    }

    /// In the list's order: newest first by creation.
    package var conversations: [ServedConversation] {
        emulator.newestFirst.map { ServedConversation($0, responses: responses) }
    }

    /// The conversation, unless it was deleted, never stored, or is not there yet.
    package func conversation(_ id: RemoteID) -> ServedConversation? {
        emulator.stored(id).map { ServedConversation($0, responses: responses) }
    }

    /// Whether a run is under way in the conversation, or the lock of a client that went away still holds.
    package func isLocked(_ id: RemoteID) -> Bool { emulator.isRunning(id) || isLockedByAbsence(id) }

    func isLockedByAbsence(_ id: RemoteID) -> Bool { (locks[id] ?? now) > now }

    /// Whether the conversation's history is larger than a client reads.
    func oversized(_ id: RemoteID) -> Bool { oddities.oversized.contains(id) }

    /// When the next run commits.
    package var nextCommit: VirtualInstant? { runs.map(\.commitsAt).min() }

    /// Commits every run that is due by `instant`, in the order of their commit times.
    package mutating func advance(to instant: VirtualInstant) {
        while let next = runs.indices.min(by: {
            (runs[$0].commitsAt, runs[$0].number) < (runs[$1].commitsAt, runs[$1].number)
        }),
            runs[next].commitsAt <= instant
        {
            let run = runs.remove(at: next)
            now = max(now, run.commitsAt)
            commit(run)
        }
        now = max(now, instant)
    }

    private mutating func commit(_ run: TurnUnderWay) {
        apply(emulator.finish(run.number, isKept: !run.isRefused, at: now.timestamp))
        guard !run.isRefused, run.turn.answered || switches.api.failedAppend == .keepsInput else { return }
        var turn = run.turn
        turn.at = now
        turns.append(turn)
    }

    /// The conversation of a run that is under way.
    func conversation(ofRun number: Int) -> RemoteID? {
        runs.first { $0.number == number }?.turn.conversation
    }

    /// Records that the run's client has gone away: the commit comes `delay` later, and the conversation stays locked
    /// for `hold` from now, or until the commit if that is later.
    mutating func abandon(run number: Int, commitsLaterBy delay: Duration, locksOnFor hold: Duration) {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return }
        runs[index].commitsAt = runs[index].commitsAt + delay
        let id = runs[index].turn.conversation
        locks[id] = max(locks[id] ?? now, runs[index].commitsAt, now + hold)
    }

    /// Has the server refuse the run at its end: nothing of it stays.
    mutating func refuse(run number: Int) {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return }
        runs[index].isRefused = true
    }

    /// Makes the emulator's changes in its own state.
    mutating func apply(_ changes: [Change]) { emulator.apply(changes, at: now.timestamp) }

    /// Changes a conversation as the server's own work, or another writer's, does.
    mutating func change(_ id: RemoteID, _ change: (inout ServedConversation) -> Void) {
        guard var conversation = conversation(id) else { return }
        change(&conversation)
        apply([.replacement(conversation.stored)])
    }
}
