import ConvoJSON
package import ConvoModel
import SeededRandom

/// The Conversations API's rules as a value: it does no I/O, gets the time from its caller, and draws every random
/// number from its seed.
///
/// A request that makes the model answer begins a run. The server commits the run's turn when its time has come,
/// whether or not a client still waits for the answer. Until then, and for a while after its client went away, the
/// server refuses every other writer of the conversation.
package struct SimulatedServer: Sendable {
    package let switches: ServerSwitches
    /// The moment up to which every due commit has been made.
    package private(set) var now = VirtualInstant.start
    /// In the list's order: newest first by creation.
    package internal(set) var conversations: [ServedConversation] = []
    /// Every turn in the order in which they were committed.
    package internal(set) var turns: [Turn] = []
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
    var past = Past()
    var runs: [Run] = []
    var random: SplitMix64
    var mint: IDMint
    private var runCount = 0
    private var conversationCount = 0

    package init(seed: UInt64, switches: ServerSwitches = ServerSwitches()) {
        var random = SplitMix64(seed: seed)
        self.switches = switches
        mint = IDMint(random: random.split(), mintsOldLayout: switches.mintsOldIDs)
        self.random = random
    }

    /// The conversation, unless it was deleted, never stored, or is not there yet.
    package func conversation(_ id: RemoteID) -> ServedConversation? { conversations.first { $0.id == id } }

    /// Whether a run is under way in the conversation, or the lock of a client that went away still holds.
    package func isLocked(_ id: RemoteID) -> Bool {
        runs.contains { $0.target.id == id } || (conversation(id)?.lockedUntil ?? now) > now
    }

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

    /// Records that the run's client has gone away: the commit comes `delay` later, and the conversation stays locked
    /// for `hold` from now, or until the commit if that is later.
    mutating func abandon(run number: Int, commitsLaterBy delay: Duration, locksOnFor hold: Duration) {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return }
        runs[index].commitsAt = runs[index].commitsAt + delay
        let until = max(runs[index].commitsAt, now + hold)
        runs[index].target.lockedUntil = until
        change(runs[index].target.id) { $0.lockedUntil = max($0.lockedUntil, until) }
    }

    /// Has the server refuse the run at its end: nothing of it stays.
    mutating func refuse(run number: Int) {
        guard let index = runs.firstIndex(where: { $0.number == number }) else { return }
        runs[index].isRefused = true
    }

    mutating func begin(
        _ kind: Turn.Kind, in target: ServedConversation, inputs: [JSONText], outputs: [ServedEntry],
        entries: [ServedEntry], cause: Cause, stored: Bool, commitsAt: VirtualInstant
    ) -> Int {
        runCount += 1
        var target = target
        target.lockedUntil = max(target.lockedUntil, commitsAt)
        runs.append(
            Run(
                number: runCount, kind: kind, cause: cause, stored: stored, fails: EchoModel.fails(on: inputs),
                inputs: entries, outputs: outputs, said: inputs.map(ServedEntry.said), target: target,
                commitsAt: commitsAt))
        if kind == .append {
            change(target.id) { $0.lockedUntil = target.lockedUntil }
        } else if stored, switches.listsStartsAtArrival {
            insert(target)
        }
        return runCount
    }

    mutating func nextSequence() -> Int {
        conversationCount += 1
        return conversationCount
    }

    mutating func change(_ id: RemoteID, _ change: (inout ServedConversation) -> Void) {
        guard let index = conversations.firstIndex(where: { $0.id == id }) else { return }
        past.note(conversations, until: now)
        change(&conversations[index])
    }

    mutating func insert(_ conversation: ServedConversation) {
        past.note(conversations, until: now)
        let place = conversations.firstIndex { !ServedConversation.precedes($0, conversation) } ?? conversations.count
        conversations.insert(conversation, at: place)
    }

    mutating func remove(_ id: RemoteID) {
        past.note(conversations, until: now)
        conversations.removeAll { $0.id == id }
    }

    private mutating func commit(_ run: Run) {
        let keepsInputs = !run.isRefused && (!run.fails || switches.failedInputs == .kept)
        let entries = run.fails ? run.inputs : run.inputs + run.outputs
        if run.kind != .append { settleNewcomer(of: run, keepsInputs: keepsInputs) }
        guard keepsInputs else { return }
        if run.stored {
            change(run.target.id) { conversation in
                conversation.entries += entries
                guard run.kind == .append else { return }
                conversation.updatedAt = max(run.commitsAt, conversation.updatedAt + .microseconds(1))
            }
        }
        turns.append(
            Turn(
                kind: run.kind, cause: run.cause, conversation: run.target.id, at: now, inputs: run.inputs.map(\.id),
                outputs: run.fails ? [] : run.outputs.map(\.id), said: run.said, answered: !run.fails,
                stored: run.stored))
    }

    /// Lists the conversation that a stored start or restart made; removes it where its only run failed and the server
    /// drops the inputs of failed runs.
    private mutating func settleNewcomer(of run: Run, keepsInputs: Bool) {
        guard run.stored else { return }
        if !keepsInputs {
            remove(run.target.id)
        } else if !switches.listsStartsAtArrival {
            insert(run.target)
        }
    }
}
