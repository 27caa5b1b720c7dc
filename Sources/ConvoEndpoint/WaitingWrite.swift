import ConvoModel
import ConvoStore
import ConvoSync

/// A write that a client waits for.
struct WaitingWrite: Sendable {
    let id: OperationID
    /// The conversation, if this request has made the write.
    let conversation: LocalID?
    /// Whether the write is a start or a restart.
    let makesConversation: Bool
    let delivery: WatchedDelivery
    let parts: EndpointBackend.Parts

    /// Ends the wait; the write goes on.
    func leave() { parts.engine.watch.unwatch(id) }

    /// Waits until something is told of the write, or the store is to be looked at.
    ///
    /// - Parameters:
    ///   - known: the latest news that the caller knows.
    ///   - limit: how long to wait at most.
    /// - Returns: `false` if the task was cancelled.
    func waitForNews(after known: AsyncEvent.Generation, atMost limit: Duration = WriteClock.look) async -> Bool {
        let (changed, engine) = (delivery.changed, parts.engine)
        let isRunning = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await changed.wait(after: known)
                return true
            }
            group.addTask {
                do { try await engine.sleep(for: limit) } catch { return false }
                return true
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        return isRunning && !Task.isCancelled
    }
}

/// How long a client has waited for what nobody knows.
struct WriteClock {
    /// How often the store is looked at while nothing is told.
    static let look = Duration.seconds(1)

    private var since: Timestamp
    private var isInDoubt = false

    init(_ now: Timestamp) { since = now }

    /// The time since the write was accepted or sent, or since its answer was lost.
    ///
    /// If somebody has set the wall clock back, this counts from now.
    mutating func waited(in state: OperationState, at now: Timestamp) -> Duration {
        if state == .sending || isInDoubt != (state == .inDoubt) || now < since {
            (since, isInDoubt) = (now, state == .inDoubt)
        }
        return .microseconds(now.microseconds - since.microseconds)
    }
}
