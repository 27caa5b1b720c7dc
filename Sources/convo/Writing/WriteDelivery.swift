import ConvoModel
import ConvoStore
import ConvoSync

/// Queues a write and delivers it, or follows the process that delivers it.
///
/// To show an answer as it comes, the command claims the delivery before it queues the write; otherwise a daemon would be
/// faster.
struct WriteDelivery: Sendable {
    /// What was queued, and what came of it.
    struct DeliveredWrite: Sendable {
        let receipt: QueuedWrite
        /// The entries that were there before.
        let known: Set<EntryID>
        let outcome: Result<OutboxItem, any Error>
        /// Whether the answer was printed while it came.
        let isShown: Bool
    }

    let store: Store
    /// Where there is none (no key, say), the write is queued all the same.
    let engine: Result<SyncEngine, any Error>
    let isStreaming: Bool
    let console: Console

    /// Queues in any case, also where the task is cancelled.
    ///
    /// - Throws: what `queue` throws, or ``StoreError`` where the engine's lock cannot be made: nothing is queued then.
    func deliver(_ queue: @Sendable () throws -> QueuedWrite) async throws -> DeliveredWrite {
        let turn = isStreaming ? try await (try? engine.get())?.takeTurn() : nil
        let receipt = try queue()
        let known = Set(try store.history(of: receipt.conversation).entries.compactMap(\.entry.id))
        tell(receipt, isFollowing: isStreaming && turn == nil && !Task.isCancelled)
        let printer = isStreaming && !console.asJSON ? StreamPrinter(style: console.style) : nil
        let outcome = await follow(receipt, turn, printer)
        return DeliveredWrite(receipt: receipt, known: known, outcome: outcome, isShown: await printer?.end() ?? false)
    }

    /// Delivers it, and says so where the answer takes long.
    private func follow(
        _ receipt: QueuedWrite, _ turn: FileLock?, _ printer: StreamPrinter?
    ) async -> Result<OutboxItem, any Error> {
        let notice = WaitNotice("Still waiting for the answer") { [console] line in
            guard !console.asJSON else { return }
            await printer?.breakLine()
            try? console.note(line)  // standard error may be closed: the answer is waited for all the same
        }
        let streaming = Streaming(receipt.operation) { event in
            notice.wasSpoken()
            await printer?.show(event)
        }
        do {
            return .success(
                try await notice.during {
                    try await engine.get().deliver(
                        receipt.operation, turn: turn, streaming: isStreaming ? streaming : nil)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Standard error may be closed: that keeps no write from being sent.
    private func tell(_ receipt: QueuedWrite, isFollowing: Bool) {
        guard !console.asJSON else { return }
        try? console.note(receipt.words)
        guard isFollowing, case .success = engine else { return }
        try? console.note("Another process is delivering and does not let go: the answer is shown when it is whole.")
    }
}
