public import ConvoModel
public import ConvoStore

extension SyncEngine {
    /// How often the outbox, or the lock, is looked at while another process delivers.
    private static let watchInterval = Duration.milliseconds(50)
    /// How long to wait for the turn: a daemon lets go when the answers that it waits for have come.
    private static let turnLimit = Duration.seconds(5)

    /// Takes the right to push, so that what is queued while it is held is delivered by nobody else.
    ///
    /// While this waits, a daemon starts nothing new.
    ///
    /// - Returns: the engine's lock; `nil` where another process keeps it for long, or the task is cancelled.
    /// - Throws: ``StoreError`` where the lock's file cannot be made.
    public func takeTurn() async throws(StoreError) -> FileLock? {
        if let turn = try FileLock.tryLock(.engine, beside: store.path) { return turn }
        var place: FileLock?
        defer { place?.release() }
        let limit = clock.now + SyncEngine.turnLimit
        while clock.now < limit {
            if place == nil { place = try FileLock.tryLock(.turn, beside: store.path) }
            do { try await clock.sleep(until: clock.now + SyncEngine.watchInterval) } catch { return nil }
            if let turn = try FileLock.tryLock(.engine, beside: store.path) { return turn }
        }
        return nil
    }

    /// Brings one write to the server, and what stands before it in its conversation, and waits for what becomes of it,
    /// here or in another process that is pushing.
    ///
    /// - Parameters:
    ///   - turn: what ``takeTurn()`` gave before the write was queued; released when this returns.
    ///   - streaming: watches the answer come; where another process delivers the write, it sees nothing.
    /// - Returns: the operation as it stands: delivered, refused, held, or, where the server cannot be reached or its
    ///   answer was lost, still queued or in doubt. Where the task is cancelled, another process may be sending it.
    /// - Throws: ``StoreError``.
    public func deliver(
        _ id: OperationID, turn: FileLock? = nil, streaming: Streaming? = nil
    ) async throws(StoreError) -> OutboxItem {
        breaker.woken()
        defer {
            turn?.release()
            WakeupChannel.notify(beside: store.path)  // for what else waits
        }
        while true {
            let item = try store.operation(matching: id.rawValue)
            guard item.state == .queued || item.state == .sending || item.state == .inDoubt else { return item }
            guard !Task.isCancelled else { return item }
            var lock = turn
            if lock == nil { lock = try FileLock.tryLock(.engine, beside: store.path) }
            guard let lock else {
                do { try await clock.sleep(until: clock.now + SyncEngine.watchInterval) } catch { return item }
                continue
            }
            defer { if turn == nil { lock.release() } }
            let options = PushExecutor.PushOptions(streaming: streaming, only: item.conversation)
            let wake = AsyncEvent()  // what else is queued meanwhile is for others
            var seen = wake.generation
            let report = try await push(PushMachine(.once, limits: limits), options, wake: wake, seen: &seen)
            let after = try store.operation(matching: id.rawValue)
            // As a branch it goes on in another conversation, which this push did not look at.
            let goesOn = report.halt == nil && after.state == .queued && after.conversation != item.conversation
            if !goesOn { return after }
        }
    }
}
