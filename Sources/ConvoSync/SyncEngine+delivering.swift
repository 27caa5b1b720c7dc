package import ConvoIPC
package import ConvoModel
package import ConvoStore

extension SyncEngine {
    /// The time between two checks of the outbox, or of the lock, while another process delivers.
    private static let watchInterval = Duration.milliseconds(50)
    /// How long to wait for the engine's lock: a daemon releases it when the answers that it waits for have come.
    private static let turnLimit = Duration.seconds(5)

    /// Takes the engine's lock, so that no other process delivers what is queued while this one holds it.
    ///
    /// Waits for a process that has the lock, five seconds at most; a daemon starts nothing new meanwhile.
    ///
    /// - Returns: the lock, for the caller to release or to pass to ``deliver(_:turn:streaming:)``; `nil` if another
    ///   process keeps it for longer, or the task is cancelled.
    /// - Throws: ``ConvoStore/StoreError`` if the lock's file cannot be made.
    package func takeTurn() async throws(StoreError) -> FileLock? {
        if let turn = try store.tryLock(.engine) { return turn }
        var place: FileLock?
        defer { place?.release() }
        let limit = clock.now + SyncEngine.turnLimit
        while clock.now < limit {
            if place == nil { place = try store.tryLock(.turn) }
            do { try await clock.sleep(until: clock.now + SyncEngine.watchInterval) } catch { return nil }
            if let turn = try store.tryLock(.engine) { return turn }
        }
        return nil
    }

    /// Delivers one write, and the writes before it in its conversation, and waits until it is known what becomes of
    /// it, here or in another process that is pushing.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - turn: the lock from ``takeTurn()``, taken before the write was queued; released when this returns. `nil`:
    ///     the lock is taken when it is free.
    ///   - streaming: observes the answer as it comes; it receives nothing if another process delivers the write.
    /// - Returns: the operation as it is then: delivered, refused, held or cancelled; still queued or in doubt if the
    ///   server cannot be reached or its answer was lost. If the task is cancelled, another process may be sending it.
    /// - Throws: ``ConvoStore/StoreError`` if the database cannot be read or written.
    package func deliver(
        _ id: OperationID, turn: FileLock? = nil, streaming: Streaming? = nil
    ) async throws(StoreError) -> OutboxItem {
        breaker.woken()
        defer {
            turn?.release()
            store.notifyListener()  // other queued writes may go now
        }
        while true {
            let item = try store.operation(matching: id.rawValue)
            guard item.state == .queued || item.state == .sending || item.state == .inDoubt else { return item }
            guard !Task.isCancelled else { return item }
            var lock = turn
            if lock == nil { lock = try store.tryLock(.engine) }
            guard let lock else {
                do { try await clock.sleep(until: clock.now + SyncEngine.watchInterval) } catch { return item }
                continue
            }
            defer { if turn == nil { lock.release() } }
            let options = PushExecutor.PushOptions(streaming: streaming, only: item.conversation)
            let wake = AsyncEvent()  // never notified: this push leaves later writes to others
            var seen = wake.generation
            let report = try await push(PushMachine(.once, limits: limits), options, wake: wake, seen: &seen)
            let after = try store.operation(matching: id.rawValue)
            // As a branch, the write goes on in another conversation, which this push did not look at.
            let goesOn = report.halt == nil && after.state == .queued && after.conversation != item.conversation
            if !goesOn { return after }
        }
    }
}
