public import ConvoJSON
public import ConvoModel
import ConvoServer

/// A Conversations API service with the real server's rules, an echo for a model, and faults on demand.
///
/// Where the real server's behaviour is unknown, ``Switches`` choose. The state is in memory. Where a path is given, it
/// is on the disk too: a client gets its answer only after the change is synced, so a crash loses nothing that was
/// answered for.
public actor Sandbox {
    /// The behaviour, the speed and the faults in force now; ``turn(_:)`` changes them.
    public private(set) var switches: Switches
    /// The requests since the sandbox started, or since ``clearLog()``.
    public private(set) var log = RequestLog()

    var library = ConversationTable()
    /// The changes of the last ``Switches/replicaLagMilliseconds``, from which stale reads are answered.
    private var past = RecentPast()
    private(set) var signer = URLSigner(secret: .random(in: 0...UInt64.max))
    /// The conversations with a write in flight, and the input entries that it adds to them.
    var busy: [RemoteID: [JSONText]] = [:]
    var runs: [Int: Task<Void, Never>] = [:]
    var nextRun = 0

    private var journal: Journal?
    private var scheduler: FaultScheduler
    private var lastMoment: Int64 = 0
    /// The actor has an executor of its own because it blocks while it writes to the disk.
    private let executor = QueueExecutor(label: "convo.sandbox")

    /// The actor's executor: a serial queue of its own, so that writing to the disk blocks no thread of the shared
    /// pool.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a sandbox, empty or with the state that a file holds.
    ///
    /// With a path, the call blocks while it reads the file and writes it anew.
    ///
    /// - Parameters:
    ///   - switches: the behaviour to begin with.
    ///   - path: the file that keeps the state, made if there is none; `nil` keeps the state in memory only.
    /// - Throws: ``JournalError`` if the file cannot be read or written, is in use, or is not a sandbox database.
    public init(switches: Switches = Switches(), database path: String? = nil) throws(JournalError) {
        self.switches = switches
        scheduler = FaultScheduler(seed: switches.seed)
        if let path { journal = try Journal(path: path, library: &library) }
    }

    // MARK: Control

    /// Loads conversations, all of them or none.
    ///
    /// - Parameters:
    ///   - records: `[{"conversation": {…}, "entries": […], "owner": {"user", "workspace"}}]`. Every key sees a
    ///     conversation without an `owner`.
    ///   - keepingPresent: whether a conversation whose id the sandbox already holds stays as it is; otherwise the
    ///     record replaces it.
    /// - Returns: how many conversations were loaded.
    /// - Throws: ``LoadError`` if `records` has another form, ``JournalError`` if the disk takes no more; nothing is
    ///   loaded then.
    public func load(_ records: JSONText, keepingPresent: Bool = false) throws -> Int {
        guard records.kind == .array else { throw LoadError(index: nil, reason: "not an array") }
        var changes: [Change] = []
        for (index, record) in records.elements.enumerated() {
            do {
                let conversation = try StoredConversation(record: record)
                if keepingPresent, library[conversation.id] != nil { continue }
                changes.append(.put(conversation))
            } catch {
                throw LoadError(index: index, reason: error.description)
            }
        }
        try journal?.append(changes)
        for change in changes { make(change) }
        return changes.count
    }

    /// All stored conversations, in the form that ``load(_:keepingPresent:)`` takes, oldest first.
    public var records: JSONText { .array(library.all.map(\.record)) }

    /// Changes the switches for all later requests.
    ///
    /// A new ``Switches/seed`` starts the schedule of faults anew. Where `change` throws, no switch is changed.
    ///
    /// - Parameter change: sets what is to be different.
    /// - Throws: what `change` throws.
    public func turn(_ change: @Sendable (inout Switches) throws -> Void) rethrows {
        var changed = switches
        try change(&changed)
        if changed.seed != switches.seed { scheduler = FaultScheduler(seed: changed.seed) }
        switches = changed
    }

    /// Sets the base URL of the server, with which the signed URLs of files begin.
    func listen(at baseURL: String) { signer.baseURL = baseURL }

    /// Empties the log and sets its counts to zero.
    public func clearLog() { log = RequestLog() }

    /// The ids of the conversations with a write in flight, sorted.
    public var busyConversations: [RemoteID] { busy.keys.sorted { $0.rawValue < $1.rawValue } }

    /// Waits until no write is in flight, including those whose client has left.
    public func settle() async {
        while let run = runs.values.first { await run.value }
    }

    /// Cancels the writes in flight and waits for their end; what they have not committed is lost, as in a crash.
    public func stop() async {
        let runs = runs.values
        for run in runs { run.cancel() }
        for run in runs { await run.value }
    }

    // MARK: For the operations

    /// Logs a request and draws its faults; under the fault `slow`, waits as well.
    ///
    /// - Returns: the faults that strike the request.
    /// - Throws: the answer of a fault that comes before any work.
    func begin(
        _ operation: Operation, _ id: RemoteID? = nil, _ body: JSONText? = nil
    ) async throws(ServiceError) -> FaultPlan {
        let plan = scheduler.draw(for: operation, &switches)
        log.note(operation, id, body, plan)
        if plan.has(.slow) { try await pause(milliseconds: switches.slowMilliseconds) }
        if let refusal = plan.refusal(switches) { throw refusal }
        return plan
    }

    func pause(milliseconds: Int) async throws(ServiceError) { try await pause(.milliseconds(milliseconds)) }

    func pause(_ duration: Duration) async throws(ServiceError) {
        guard duration > .zero else { return }
        do {
            try await ContinuousClock().sleep(for: duration)
        } catch {
            throw .connectionReset
        }
    }

    /// The state as a principal's request with these faults sees it.
    func view(_ plan: FaultPlan = FaultPlan(), for principal: Principal) -> ReadView {
        let lag = Int64(switches.replicaLagMilliseconds) * 1000
        let library = plan.has(.stale) ? past.library(library, at: moment().microseconds - lag) : library
        return ReadView(library: library, switches: switches, plan: plan, principal: principal)
    }

    /// The current time, moved forward where needed so that each call returns a later moment than the one before.
    func moment() -> Timestamp {
        lastMoment = max(lastMoment + 1, WallClock.microseconds())
        return Timestamp(microseconds: lastMoment)
    }

    /// Writes a change to the disk, then makes it in memory.
    ///
    /// - Throws: ``ServiceError`` (500) where the disk does not take it; nothing is changed then.
    func apply(_ change: Change) throws(ServiceError) {
        do {
            try journal?.append([change])
        } catch {
            throw .business(500, code: 3000, "\(error)")
        }
        make(change)
    }

    private func make(_ change: Change) {
        if let id = change.conversationID {
            let now = moment().microseconds
            let lag = Int64(switches.replicaLagMilliseconds) * 1000
            past.note(id, library[id], at: now, since: now - lag)
        }
        library.apply(change)
    }
}
