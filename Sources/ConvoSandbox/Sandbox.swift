public import ConvoJSON
public import ConvoModel
import ConvoServer
public import MistralEmulator

/// A Conversations API service with the real server's rules, an echo for a model, and faults on demand: an ``Emulator``
/// with the system's clock.
///
/// Where the real server's behaviour is unknown, ``Switches`` choose. The state is in memory. Where a path is given, it
/// is on the disk too: a client gets its answer only after the change is synced, so a crash loses nothing that was
/// answered for.
public actor Sandbox {
    /// The behaviour, the speed and the faults in force now; ``turn(_:)`` changes them.
    public var switches: Switches { emulator.switches }
    /// The requests since the sandbox started, or since ``clearLog()``.
    public private(set) var log = RequestLog()

    private var emulator: Emulator
    var runs: [Int: Task<Void, Never>] = [:]

    private var journal: Journal?
    private var scheduler: FaultScheduler
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
        emulator = Emulator(switches: switches, seed: .random(in: 0...UInt64.max))
        scheduler = FaultScheduler(seed: switches.seed)
        if let path { journal = try Journal(path: path, emulator: &emulator) }
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
        let changes = try emulator.load(records, keepingPresent: keepingPresent)
        try journal?.append(changes)
        emulator.apply(changes, at: .now)
        return changes.count
    }

    /// All stored conversations, in the form that ``load(_:keepingPresent:)`` takes, oldest first.
    public var records: JSONText { emulator.records }

    /// Changes the switches for all later requests.
    ///
    /// A new ``Switches/seed`` starts the schedule of faults anew. Where `change` throws, no switch is changed.
    ///
    /// - Parameter change: sets what is to be different.
    /// - Throws: what `change` throws.
    public func turn(_ change: @Sendable (inout Switches) throws -> Void) rethrows {
        var changed = emulator.switches
        try change(&changed)
        if changed.seed != emulator.switches.seed { scheduler = FaultScheduler(seed: changed.seed) }
        emulator.switches = changed
    }

    /// Sets the base URL of the server, with which the signed URLs of files begin.
    func listen(at baseURL: String) { emulator.baseURL = baseURL }

    /// Empties the log and sets its counts to zero.
    public func clearLog() { log = RequestLog() }

    /// The ids of the conversations with a write in flight, sorted.
    public var busyConversations: [RemoteID] { emulator.busyConversations }

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

    /// The file behind a signed URL; `nil` where the signature is wrong, the URL has expired or the file is deleted.
    func file(_ id: String, expiry: Int64, signature: String) -> StoredFile? {
        emulator.file(id, expiry: expiry, signature: signature, at: .now)
    }

    // MARK: For the operations

    /// Finds the principal of a key.
    ///
    /// - Throws: ``ServiceError`` (401) for an unknown or missing key.
    func principal(of token: String?) throws(ServiceError) -> Principal {
        do { return try emulator.principal(bearing: token) } catch { throw ServiceError(error) }
    }

    /// Logs a request and draws its faults; under the fault `slow`, waits as well.
    ///
    /// - Returns: the faults that strike the request.
    /// - Throws: the answer of a fault that comes before any work.
    func begin(
        _ operation: Operation, _ id: RemoteID? = nil, _ body: JSONText? = nil
    ) async throws(ServiceError) -> RequestFaults {
        let faults = scheduler.draw(for: operation, &emulator.switches)
        log.note(operation, id, body, faults.struck)
        if faults.has(.slow) { try await pause(.milliseconds(switches.slowMilliseconds)) }
        if let refusal = faults.refusal(switches) { throw refusal }
        return faults
    }

    /// Has the emulator handle a request, and stores what that changes.
    ///
    /// - Throws: the emulator's refusal; 500 where the disk does not take the changes, and nothing is changed then.
    func handle(
        _ request: Emulator.Request, by principal: Principal, _ faults: RequestFaults
    ) throws(ServiceError) -> Emulator.Answer {
        let effects = emulator.handle(request, at: .now, by: principal, under: faults.conditions(switches))
        do {
            try store(effects.changes)
        } catch {
            if case .success(.run(let run)) = effects.result { emulator.drop(run.number) }
            throw error
        }
        do { return try effects.result.get() } catch { throw ServiceError(error) }
    }

    /// Writes changes to the disk, then makes them in memory.
    ///
    /// - Throws: ``ServiceError`` (500) where the disk does not take them; nothing is changed then.
    private func store(_ changes: [Change]) throws(ServiceError) {
        guard !changes.isEmpty else { return }
        do {
            try journal?.append(changes)
        } catch {
            throw .business(500, code: 3000, "\(error)")
        }
        emulator.apply(changes, at: .now)
    }

    /// Lets a run's model answer, and stores the files that it makes.
    func speak(_ run: Run, isStream: Bool) throws(ServiceError) -> SpokenAnswer {
        let pause = isStream ? Duration.milliseconds(switches.deltaMilliseconds) : .zero
        guard let answer = emulator.speak(run.number, at: .now, pause: pause) else { throw .connectionReset }
        try store(answer.changes)
        return answer
    }

    /// Ends a run, and commits its turn.
    func finish(_ run: Run, isKept: Bool) throws(ServiceError) {
        try store(emulator.finish(run.number, isKept: isKept, at: .now))
    }

    /// Ends a run that failed; a conversation that it has listed goes, unless the sandbox is stopping.
    func drop(_ run: Run) {
        if !Task.isCancelled { try? finish(run, isKept: false) }
        emulator.drop(run.number)
    }

    func pause(_ duration: Duration) async throws(ServiceError) {
        guard duration > .zero else { return }
        do {
            try await ContinuousClock().sleep(for: duration)
        } catch {
            throw .connectionReset
        }
    }
}

extension Timestamp {
    /// The present moment by the system's clock, which may be set back.
    static var now: Timestamp { Timestamp(microseconds: WallClock.microseconds()) }
}
