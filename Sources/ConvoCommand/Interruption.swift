import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal
import Dispatch
import Synchronization

/// The end of a verb by Ctrl-C.
///
/// Every verb may be ended at any moment: what it has committed stays, and the next process goes on from there. So the
/// signal ends a long verb at once, whatever its threads do, after one line that says what becomes of the work. A verb that
/// delivers a write is cancelled instead (`untilInterrupted`), since it can still say where the write stands.
enum Interruption {
    private static let flag = Atomic(false)

    /// Whether the person has pressed Ctrl-C, and the verb goes on only to end in order.
    static var isAsked: Bool { flag.load(ordering: .relaxed) }

    /// Notes that the person has pressed Ctrl-C.
    static func ask() { flag.store(true, ordering: .relaxed) }

    /// Ends the process by the signal, so that a shell's script ends too; its status is 130 for the shell.
    static func end() -> Never {
        signal(SIGINT, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(SIGINT)
        _exit(130)
    }

    /// Does the work; Ctrl-C ends the process meanwhile.
    ///
    /// - Parameters:
    ///   - console: says how the farewell is printed.
    ///   - farewell: what became of the work, in whole sentences; called on another thread.
    ///   - work: the work.
    /// - Returns: what the work returns.
    static func ending<Value>(
        _ console: Console, saying farewell: @escaping @Sendable () -> String, _ work: () async throws -> Value
    ) async rethrows -> Value {
        let watch = watch(console, farewell)
        defer { stop(watch) }
        return try await work()
    }

    /// Does work on this thread; Ctrl-C ends the process meanwhile.
    static func ending<Value>(
        _ console: Console, saying farewell: @escaping @Sendable () -> String, _ work: () throws -> Value
    ) rethrows -> Value {
        let watch = watch(console, farewell)
        defer { stop(watch) }
        return try work()
    }

    private static func watch(
        _ console: Console, _ farewell: @escaping @Sendable () -> String
    ) -> any DispatchSourceSignal {
        // Before the source is there: on Linux it has a handler of its own, which this would take away.
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: DispatchQueue(label: "convo.interruption"))
        source.setEventHandler {
            ProgressLine().clear()
            let error = CLIError(.tryLater, code: "interrupted", message: "Stopped. \(farewell())")
            try? console.asJSON
                ? TerminalDevice.standardError.write(error.json.text + "\n") : console.note(error.message)
            end()
        }
        source.resume()
        return source
    }

    private static func stop(_ watch: any DispatchSourceSignal) {
        watch.cancel()
        signal(SIGINT, SIG_DFL)
    }

    /// What remains of the writes, and who delivers them.
    static func words(of store: Store) -> String {
        guard let states = try? store.outbox().map(\.state), !states.isEmpty else {
            return "Nothing waits in the outbox."
        }
        let counts = OperationState.allCases.compactMap { state in
            let count = states.count { $0 == state }
            return count == 0 ? nil : "\(count) \(state == .sending ? "being sent" : state.words)"
        }
        return "Writes: \(counts.joined(separator: ", ")). convod or the next `convo sync` goes on"
            + (states.contains(.sending) ? ", and looks first whether what was being sent has arrived." : ".")
    }
}
