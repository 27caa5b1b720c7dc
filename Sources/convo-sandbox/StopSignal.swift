import Dispatch

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// SIGTERM or SIGINT, as something to wait for.
struct StopSignal: Sendable {
    /// How long clients that hang on may take. Nothing is lost after it: what was answered for is on the disk.
    static let graceMilliseconds = 700

    private let signals: AsyncStream<Void>

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        // Proof for `unsafe`: after this line only `cancel` is called on them, which any thread may (dispatch_source_cancel(3)),
        // and the array itself is never changed.
        nonisolated(unsafe) let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
        continuation.onTermination = { _ in for source in sources { source.cancel() } }
        self.signals = signals
    }

    func wait() async {
        for await _ in signals { return }
    }

    /// Ends the process after the grace, whatever it is doing.
    func exitSoon() {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(StopSignal.graceMilliseconds)) { exit(0) }
    }
}
