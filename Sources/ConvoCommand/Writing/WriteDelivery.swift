import ConvoAPI
import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Dispatch

/// Queues a write and delivers it, or follows the process that delivers it.
///
/// To show an answer while the server sends it, the command takes the engine's lock before it queues the write;
/// otherwise a daemon would deliver the write.
struct WriteDelivery: Sendable {
    /// A queued write and the outcome of its delivery.
    struct DeliveredWrite: Sendable {
        let receipt: QueuedWrite
        /// The entries that the conversation had before the delivery.
        let known: Set<EntryID>
        /// The operation after the delivery, or what kept the engine from delivering it.
        let outcome: Result<OutboxItem, any Error>
        /// Whether the answer was printed while it came.
        let isShown: Bool
    }

    let store: Store
    /// The engine, or why there is none, such as a missing key; the write is queued in either case.
    let engine: Result<SyncEngine, any Error>
    let isStreaming: Bool
    let console: Console
    /// Whether a person is told what was queued.
    var isAnnounced = true
    /// Whether nothing is said of the write when it is queued.
    var isQuiet = false

    /// Queues a write, even where the task is cancelled, and delivers it.
    ///
    /// - Parameter queue: puts the write into the outbox.
    /// - Returns: the write and its outcome; a failed delivery is part of that.
    /// - Throws: what `queue` throws, or ``StoreError`` where the engine's lock cannot be made: nothing is queued then.
    ///   ``StoreError`` where the history cannot be read, after the write was queued.
    func deliver(_ queue: @Sendable () throws -> QueuedWrite) async throws -> DeliveredWrite {
        let turn = isStreaming ? try await (try? engine.get())?.takeTurn() : nil
        let receipt = try queue()
        let known = Set(try store.history(of: receipt.conversation).entries.compactMap(\.entry.id))
        tell(receipt, isFollowing: isStreaming && turn == nil && !Task.isCancelled)
        let printer = isStreaming && !console.asJSON ? console.streamPrinter : nil
        let outcome = await follow(receipt, turn, printer)
        return DeliveredWrite(receipt: receipt, known: known, outcome: outcome, isShown: await printer?.end() ?? false)
    }

    /// Delivers the write, or waits while another process does, and prints a notice where that takes long.
    private func follow(
        _ receipt: QueuedWrite, _ turn: FileLock?, _ printer: StreamPrinter?
    ) async -> Result<OutboxItem, any Error> {
        let notice = WaitNotice("Still waiting for the answer") { [console] line in
            guard !console.asJSON else { return }
            await printer?.breakLine()
            try? console.note(line)  // a closed standard error does not end the wait for the answer
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

    /// Tells a person what was queued; a closed standard error does not keep the write from being sent.
    private func tell(_ receipt: QueuedWrite, isFollowing: Bool) {
        guard !console.asJSON, !isQuiet else { return }
        if isAnnounced { try? console.note(receipt.words(in: store)) }
        guard isFollowing, case .success = engine else { return }
        try? console.note("Another process is delivering and does not let go: the answer is shown when it is whole.")
    }
}

/// Does a piece of work, cancels it when the person presses Ctrl-C, and waits for its end in either case.
func untilInterrupted<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    // By default the signal would end the process before it could say what becomes of the write.
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    defer {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
    // Cancelled by the signal, and awaited below: it does not outlive this function.
    let task = Task { try await work() }
    source.setEventHandler {
        Interruption.ask()
        task.cancel()
    }
    source.resume()
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
