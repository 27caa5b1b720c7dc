import ConvoPlatform
import ConvoTerminal
import Dispatch
import Synchronization

/// The work that Ctrl-C stops; without any, Ctrl-C clears the line.
final class InterruptibleWork: Sendable {
    private let stop = Mutex<(@Sendable () -> Void)?>(nil)

    /// Stops the work that is under way.
    ///
    /// - Returns: whether there was any.
    func interrupt() -> Bool {
        let stop = stop.withLock { $0 }
        stop?()
        return stop != nil
    }

    /// Does work in a task that an interruption cancels, and waits for its end in either case.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        // Cancelled by the interruption or with the caller, and awaited below: it does not outlive this function.
        let task = Task { try await work() }
        stop.withLock { $0 = { task.cancel() } }
        defer { stop.withLock { $0 = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// The signals of a terminal, while a chat has it.
final class ChatSignals {
    private var sources: [any DispatchSourceSignal] = []

    /// Begins to receive signals.
    ///
    /// - Parameters:
    ///   - work: what Ctrl-C stops.
    ///   - reader: whose line Ctrl-C clears, and whose terminal is given back when the process has to end.
    init(_ work: InterruptibleWork, _ reader: LineReader) {
        receive(SIGINT) { if !work.interrupt() { reader.interrupt() } }
        receive(SIGWINCH) { reader.resize() }
        receive(SIGCONT) { reader.resume() }
        for number in [SIGTERM, SIGHUP, SIGQUIT] {
            receive(number) {
                reader.giveBack()
                signal(number, SIG_DFL)
                // To the process: this thread of Dispatch's holds signals back.
                kill(getpid(), number)
            }
        }
    }

    /// Leaves the signals to the system again.
    func end() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_DFL) }
    }

    private func receive(_ number: Int32, _ body: @escaping @Sendable () -> Void) {
        // By default the signal would end the process, or be dropped, before anybody has seen it.
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        sources.append(source)
    }
}
