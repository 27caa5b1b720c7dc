import ConvoStore
import Dispatch
import Glibc

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
