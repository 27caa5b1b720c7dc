package import ConvoStore
package import ConvoSync
import Synchronization

/// What the endpoint works with: the store and the running engine, which a daemon may replace.
package final class EndpointBackend: Sendable {
    /// The parts that belong together.
    package struct Parts: Sendable {
        package let store: Store
        package let engine: SyncEngine
        package let options: EndpointOptions
        /// Lets the engine look at the outbox at once.
        package let wake: @Sendable () -> Void
        let ready: ReadyAnswers

        /// Puts the parts together.
        package init(
            store: Store, engine: SyncEngine, options: EndpointOptions, wake: @escaping @Sendable () -> Void
        ) {
            (self.store, self.engine, self.options, self.wake) = (store, engine, options, wake)
            ready = ReadyAnswers(of: store)
        }
    }

    private let parts = Mutex<Parts?>(nil)

    /// Makes a backend without a store; every request is answered with 503 until ``serve(_:)``.
    package init() {}

    /// What requests work with now; `nil` while no database is served.
    package var present: Parts? { parts.withLock { $0 } }

    /// Serves another store, or with another engine; `nil` for none.
    package func serve(_ parts: Parts?) { self.parts.withLock { $0 = parts } }
}

/// The settings of the endpoint.
package struct EndpointOptions: Sendable, Hashable {
    /// What becomes of a write that the server cannot be told now.
    package var offlineWrites = OfflineWrites.queue
    /// How long a client waits for the outcome of a write whose answer was lost, before it is told to come again: less than the
    /// time after which SDKs give up.
    package var patience = Duration.seconds(60)

    /// Makes the default settings.
    package init() {}
}
