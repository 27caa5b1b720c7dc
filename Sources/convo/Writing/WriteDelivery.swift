import ConvoAPI
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import Dispatch
import Glibc

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

/// Writes an answer to the terminal while it comes.
actor StreamPrinter {
    private let style: OutputStyle
    private let device = TerminalDevice.standardOutput
    private var transcript = Transcript()
    private var hasFailed = false

    init(style: OutputStyle) { self.style = style }

    /// A terminal that is gone takes nothing away from the answer: it is stored all the same.
    func show(_ event: ConversationEvent) { type(transcript.text(of: event, style.ansi)) }

    /// Something else is written to the terminal next.
    func breakLine() { type(transcript.end()) }

    /// Ends the last line, and says whether the answer was shown: it was not where another process delivers the write,
    /// or where nothing could be written.
    func end() -> Bool {
        type(transcript.end())
        return transcript.hasWords && !hasFailed
    }

    private func type(_ text: String) {
        do { try device.write(text) } catch { hasFailed = true }
    }
}

/// Does a piece of work, and cancels it when the person presses Ctrl-C. The work ends then by itself, soon.
func untilInterrupted<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    // The default would end the process before it could say what becomes of the write.
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    defer {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
    // Cancelled by the signal, and awaited below: it does not outlive this function.
    let task = Task { try await work() }
    source.setEventHandler { task.cancel() }
    source.resume()
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
