import CPosix

/// A thread of the system's, for work that blocks for long.
package struct SystemThread: Sendable {
    private let handle: UInt

    /// Starts a thread, which ends with its work; `nil` where the system gives none, and the work is not done.
    ///
    /// - Parameter work: what the thread does.
    package init?(_ work: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(run: work))
        var handle: UInt = 0
        let code = convo_thread_start(
            &handle,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            return nil
        }
        self.handle = handle
    }

    /// Blocks until the thread has ended; to be called once at most, and not of a thread that was detached.
    package func join() { convo_thread_join(handle) }

    /// Lets the thread clear up after itself when it ends; to be called once at most, and not of a thread that is joined.
    package func detach() { convo_thread_detach(handle) }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
