public import ConvoModel
public import ConvoStore

/// How far the database and the server are in step.
public struct SyncStatus: Sendable, Hashable {
    /// When a pull was last complete; `nil` if none was.
    public let lastPullAt: Timestamp?
    /// When a pull of the whole list was last complete; `nil` if none was.
    public let lastSweepAt: Timestamp?
    /// The writes that are neither delivered nor cancelled, in the order of acceptance.
    public let waiting: [OutboxItem]
    /// What the server sent that could not be stored as it came.
    public let setAside: [SetAsideItem]

    /// The write that has waited longest; `nil` if none waits.
    public var oldest: OutboxItem? { waiting.first }
    /// The writes that were sent and whose answer was lost: the server is searched for them before they are sent again.
    public var inDoubt: [OutboxItem] { waiting.filter { $0.state == .inDoubt } }
    /// The writes that wait for a person's decision.
    public var stopped: [OutboxItem] { waiting.filter { $0.state == .refused || $0.state == .held } }
}

extension Convo {
    /// How far the database and the server are in step, as of now.
    public var syncStatus: SyncStatus {
        get async throws(ConvoError) {
            try await reading { store throws(StoreError) in
                let status = try store.status()
                return SyncStatus(
                    lastPullAt: status.lastPullAt, lastSweepAt: status.lastSweepAt, waiting: try store.outbox(),
                    setAside: try store.setAside())
            }
        }
    }

    /// ``syncStatus`` now, and again whenever it changes.
    public var syncStatuses: Observation<SyncStatus> {
        observe { convo async throws(ConvoError) in try await convo.syncStatus }
    }
}
