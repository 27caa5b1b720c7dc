package import ConvoAPI
package import ConvoModel
import ConvoStore
import Synchronization

/// The writes of a running engine whose answers somebody waits for in this process.
///
/// A waiter registers a write under an id that it has made, before the write is queued: so the engine cannot be faster. Several
/// waiters may wait for one write.
package final class DeliveryWatch: Sendable {
    private let deliveries = Mutex<[OperationID: (delivery: WatchedDelivery, waiters: Int)]>([:])

    /// Registers a waiter.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - isStreamed: whether the engine asks for the answer as a stream; the first waiter decides.
    /// - Returns: what is known of the delivery; every call is followed by one of ``unwatch(_:)``.
    package func watch(_ id: OperationID, isStreamed: Bool) -> WatchedDelivery {
        deliveries.withLock { deliveries in
            let known = deliveries[id]
            let delivery = known?.delivery ?? WatchedDelivery(isStreamed: isStreamed)
            deliveries[id] = (delivery, (known?.waiters ?? 0) + 1)
            return delivery
        }
    }

    /// Removes a waiter; what is known goes with the last one.
    package func unwatch(_ id: OperationID) {
        deliveries.withLock { deliveries in
            guard let known = deliveries[id] else { return }
            deliveries[id] = known.waiters > 1 ? (known.delivery, known.waiters - 1) : nil
        }
    }

    /// How many writes somebody waits for.
    package var count: Int { deliveries.withLock { $0.count } }

    subscript(id: OperationID) -> WatchedDelivery? { deliveries.withLock { $0[id]?.delivery } }

    /// The writes that somebody waits for.
    var ids: Set<OperationID> { deliveries.withLock { Set($0.keys) } }
}

/// What is known of the delivery of one write, for those who wait for its answer.
package final class WatchedDelivery: Sendable {
    /// What is known at one moment.
    package struct Progress: Sendable {
        /// How often the write was sent since somebody waits. The events are those of the last time.
        package fileprivate(set) var sends = 0
        /// The events of the answer so far, of a write that is streamed.
        package fileprivate(set) var events: [ConversationEvent] = []
        /// Why the last step on the way to the answer failed; `nil` if it did not.
        package fileprivate(set) var failure: APIError?
        /// How often the engine has looked for the write on the server since its answer was lost, and has not found it.
        package fileprivate(set) var lookups = 0
        /// Whether the last look has not found it; what follows from that is not stored yet.
        fileprivate var isMissing = false
    }

    /// Whether the engine asks for the answer as a stream.
    package let isStreamed: Bool
    /// Notified whenever something has changed; also when only the write's state in the store has.
    package let changed = AsyncEvent()
    private let state = Mutex(Progress())

    init(isStreamed: Bool) { self.isStreamed = isStreamed }

    /// What is known now.
    package var progress: Progress { state.withLock { $0 } }

    /// The events behind the first ones, and how often the write was sent.
    ///
    /// - Parameter count: how many events the caller has seen.
    /// - Returns: how often the write was sent, and the events that the caller has not seen.
    package func events(after count: Int) -> (sends: Int, events: ArraySlice<ConversationEvent>) {
        state.withLock { ($0.sends, $0.events.dropFirst(count)) }
    }

    func begin() {
        change {
            $0.sends += 1
            ($0.events, $0.failure, $0.lookups, $0.isMissing) = ([], nil, 0, false)
        }
    }

    func note(_ event: ConversationEvent) { change { $0.events.append(event) } }

    func failed(_ error: APIError) { change { $0.failure = error } }

    /// Takes note of what a look has found; one that failed has not shown that the write is absent.
    func looked(isMissing: Bool) { state.withLock { $0.isMissing = isMissing } }

    func stayedInDoubt() {
        change { progress in
            if progress.isMissing { progress.lookups += 1 }
            progress.isMissing = false
        }
    }

    func moved() { change { _ in } }

    private func change(_ work: (inout Progress) -> Void) {
        state.withLock { work(&$0) }
        changed.notify()
    }
}
