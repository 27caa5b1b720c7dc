public import ConvoModel
public import ConvoStore

extension SyncEngine {
    /// How often the outbox is looked at while another process delivers.
    private static let watchInterval = Duration.milliseconds(50)

    /// Brings one write to the server and waits for what becomes of it, here or in another process that is pushing.
    ///
    /// - Parameter streaming: watches the answer come; where another process delivers the write, it sees nothing.
    /// - Returns: the operation as it stands: delivered, refused, held, or, where the server cannot be reached or its
    ///   answer was lost, still queued or in doubt.
    /// - Throws: ``StoreError``.
    public func deliver(_ id: OperationID, streaming: Streaming? = nil) async throws(StoreError) -> OutboxItem {
        while true {
            let item = try store.operation(matching: id.rawValue)
            guard item.state == .queued || item.state == .sending || item.state == .inDoubt else { return item }
            guard let report = try await push(.once, streaming: streaming) else {
                Doorbell.ring(beside: store.path)
                do { try await clock.sleep(until: clock.now + SyncEngine.watchInterval) } catch { return item }
                continue
            }
            let after = try store.operation(matching: id.rawValue)
            if report.halt != nil || Task.isCancelled || after.state != .queued || after.nextAttempt != nil {
                return after
            }
            if after == item { return after }  // it waits for another one
        }
    }
}
