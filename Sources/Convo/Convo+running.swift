import ConvoIPC
public import ConvoModel
import ConvoPlatform
public import ConvoStore
import ConvoSync

/// News of a running engine.
public enum RunEvent: Sendable {
    /// A pull has ended.
    case pulled(PullSummary)
    /// So many writes have reached the server.
    case delivered(Int)
    /// A pull or a push has ended early; the engine tries again.
    case failed(ConvoError)
}

/// The numbers of conversations and entries that a pull has read.
public struct PullSummary: Sendable, Hashable {
    /// How many conversations the server has listed.
    public let conversations: Int
    /// How many entries are new here.
    public let entries: Int
    /// How many conversations could not be read; the next pull tries again.
    public let failures: Int

    init(_ report: PullReport) {
        conversations = report.conversations
        entries = report.entries
        failures = report.failures.count
    }
}

// The engine reads and writes the file wherever it runs: `@concurrent` keeps that off the caller's actor.
extension Convo {
    /// Keeps the database in step with the server until the task is cancelled: pulls what is new there, sends what was
    /// accepted here at once, and fetches files.
    ///
    /// Any number of processes may run this for one database: one at a time sends. Failures are not thrown: without a network
    /// it waits, and goes on.
    ///
    /// - Parameters:
    ///   - polling: the time between two looks at the newest conversations.
    ///   - sweeping: the time between two looks at all of them.
    ///   - observe: told what happens; called on any thread.
    /// - Throws: ``ConvoError/otherServer(owner:given:)`` or ``ConvoError/otherAccount(owner:given:)`` if the database is
    ///   not this account's: nothing is sent then; ``ConvoError/store(_:)`` if the file to watch cannot be made. It
    ///   returns when the task is cancelled or ``close()`` is called.
    @concurrent public func run(
        polling: Duration = .seconds(30), sweeping: Duration = .seconds(900),
        observe: @escaping @Sendable (RunEvent) -> Void = { _ in }
    ) async throws(ConvoError) {
        let known = closing.generation
        let listener: WakeupChannel.Listener
        do {
            listener = try await reading { store throws(StoreError) in try store.listener() }
        } catch .cancelled { return }
        guard let queued = WakeupThread(listener) else {
            throw .store(.unexpected(path: path, detail: "the system gives no further thread"))
        }
        defer { queued.stop() }
        let intervals = SyncIntervals(poll: polling, sweep: sweeping)
        let failure = await withTaskGroup(of: SyncFailure?.self) { group in
            group.addTask { [engine] in
                await engine.run(intervals, wake: queued.event) { event in
                    for news in RunEvent.all(of: event) { observe(news) }
                }
            }
            group.addTask { [closing] in
                await closing.wait(after: known)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let failure { throw ConvoError(failure) }
    }

    /// Reads what is new on the server, once, and stores it.
    ///
    /// - Parameter sweeping: whether to read the whole list of conversations, and not its first page alone.
    /// - Returns: what was read.
    /// - Throws: ``ConvoError`` if the pull ended early; what was read until then is stored.
    @discardableResult
    @concurrent public func pull(sweeping: Bool = false) async throws(ConvoError) -> PullSummary {
        try requireOpen()
        let report = await engine.pull(sweeping ? .full : .firstPage)
        if let halt = report.halt { throw ConvoError(halt) }
        return PullSummary(report)
    }

    /// Delivers a write, and those before it in its conversation, and waits until it is known what becomes of it, here or
    /// in another process that sends.
    ///
    /// - Parameter id: the write.
    /// - Returns: the write as it is then: delivered, refused, held or cancelled; still queued or in doubt if the server
    ///   cannot be reached or its answer was lost. Nothing is lost then: it is sent later.
    /// - Throws: ``ConvoError/store(_:)`` if the database cannot be read or written.
    @discardableResult
    @concurrent public func deliver(operation id: OperationID) async throws(ConvoError) -> OutboxItem {
        try requireOpen()
        do throws(StoreError) { return try await engine.deliver(id) } catch { throw .store(error) }
    }

    /// Delivers a write that was just accepted, as ``deliver(operation:)`` does.
    ///
    /// - Parameter write: the write.
    /// - Returns: the write as it is then.
    /// - Throws: ``ConvoError/store(_:)`` if the database cannot be read or written.
    @discardableResult
    @concurrent public func deliver(_ write: QueuedWrite) async throws(ConvoError) -> OutboxItem {
        try await deliver(operation: write.operation)
    }

    /// Gives the database to the account of the credentials, on purpose. Every write that is not delivered is held from then
    /// on, because it was meant for the account before.
    ///
    /// - Returns: how many writes are held.
    /// - Throws: ``ConvoError/api(_:)`` if the server cannot be asked, ``ConvoError/store(_:)`` if another process keeps
    ///   sending; then nothing has changed.
    @discardableResult
    @concurrent public func adoptAccount() async throws(ConvoError) -> Int {
        try requireOpen()
        do throws(SyncFailure) { return try await engine.adoptAccount().held } catch { throw ConvoError(error) }
    }
}

extension RunEvent {
    fileprivate static func all(of event: SyncEvent) -> [RunEvent] {
        switch event {
        case .pulled(_, let report):
            report.halt.map { [.failed(ConvoError($0))] } ?? [.pulled(PullSummary(report))]
        case .pushed(let report):
            (report.delivered > 0 ? [.delivered(report.delivered)] : [])
                + (report.halt.map { [.failed(ConvoError($0))] } ?? [])
        case .fetched: []
        case .storeFailed(let error): [.failed(.store(error))]
        }
    }
}

/// Waits for another process on a thread of its own, and notifies tasks.
private final class WakeupThread: Sendable {
    let event = AsyncEvent()
    private let listener: WakeupChannel.Listener

    /// `nil` if the system gives no further thread.
    init?(_ listener: WakeupChannel.Listener) {
        self.listener = listener
        let thread = SystemThread { [event] in
            repeat {
                if listener.wait() { event.notify() }
            } while !listener.isInterrupted
        }
        guard let thread else { return nil }
        thread.detach()
    }

    func stop() { listener.interrupt() }
}
