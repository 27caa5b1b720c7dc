public import ConvoModel
import ConvoServer

/// A Conversations API service with the real server's rules, an echo for a model, and faults to order.
///
/// Where the real server's behaviour is unknown, ``Switches`` choose. State is in memory, and on the disk where a
/// path is given: what a client was told is kept then through any crash.
public actor Sandbox {
    public private(set) var switches: Switches
    public private(set) var log = RequestLog()

    var library = ConversationTable()
    private var past = RecentPast()
    private(set) var signer = URLSigner(secret: .random(in: 0...UInt64.max))
    /// The conversations with a request in flight, and what it adds to them.
    var busy: [RemoteID: [JSONText]] = [:]
    var runs: [Int: Task<Void, Never>] = [:]
    var nextRun = 0

    private var journal: Journal?
    private var scheduler: FaultScheduler
    private var lastMoment: Int64 = 0
    /// Of its own, because writing to the disk blocks.
    private let executor = QueueExecutor(label: "convo.sandbox")

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter database: where the state is kept; in memory alone without it.
    /// - Throws: ``JournalError`` if the file cannot be read or written, is in use, or is no sandbox database.
    public init(switches: Switches = Switches(), database path: String? = nil) throws(JournalError) {
        self.switches = switches
        scheduler = FaultScheduler(seed: switches.seed)
        if let path { journal = try Journal(path: path, library: &library) }
    }

    // MARK: Control

    /// Takes in conversations in the form `[{"conversation": {…}, "entries": […], "owner": {"user", "workspace"}}]`,
    /// where one without an owner is everybody's; each replaces the one with its id, unless `keepingPresent`.
    ///
    /// - Returns: how many were taken in.
    /// - Throws: ``LoadError`` if it has another form; nothing is taken in then. ``JournalError``.
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

    /// All that is kept, in the form that ``load(_:keepingPresent:)`` takes, oldest first.
    public var records: JSONText { .array(library.all.map(\.record)) }

    /// Changes switches from now on. A new seed starts the schedule of faults anew.
    public func turn(_ change: @Sendable (inout Switches) throws -> Void) rethrows {
        var changed = switches
        try change(&changed)
        if changed.seed != switches.seed { scheduler = FaultScheduler(seed: changed.seed) }
        switches = changed
    }

    /// Says where the sandbox listens: the URLs of files begin so.
    func listen(at baseURL: String) { signer.baseURL = baseURL }

    public func clearLog() { log = RequestLog() }

    /// The conversations that a request is in flight for.
    public var busyConversations: [RemoteID] { busy.keys.sorted { $0.rawValue < $1.rawValue } }

    /// Returns when no request is in flight, those of clients that left included.
    public func settle() async {
        while let run = runs.values.first { await run.value }
    }

    /// Drops the runs in flight, as a crash would.
    public func stop() async {
        let runs = runs.values
        for run in runs { run.cancel() }
        for run in runs { await run.value }
    }

    // MARK: For the operations

    /// Counts a request and draws its faults; waits, where they say so.
    ///
    /// - Throws: the fault's answer, where one strikes before any work.
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

    /// What a request with these faults sees.
    func view(_ plan: FaultPlan = FaultPlan(), for principal: Principal) -> ReadView {
        let lag = Int64(switches.replicaLagMilliseconds) * 1000
        let library = plan.has(.stale) ? past.library(library, at: moment().microseconds - lag) : library
        return ReadView(library: library, switches: switches, plan: plan, principal: principal)
    }

    /// Now, and later than any moment given before.
    func moment() -> Timestamp {
        lastMoment = max(lastMoment + 1, WallClock.microseconds())
        return Timestamp(microseconds: lastMoment)
    }

    /// Makes a change on the disk, then here.
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
