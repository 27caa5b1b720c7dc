public import ConvoModel
public import ConvoSimulation
public import ConvoSync

/// The clock of the machine that our process runs on: it may be set, and a wait is a span, as the real one's is.
extension Stage: SyncClock {
    public var now: Timestamp { world.clientClock.timestamp }
    public var uptime: Uptime { world.clientUptime }

    public func sleep(until moment: Timestamp) async throws {
        let span = moment.microseconds - now.microseconds
        if span > 0 { try await wait(until: world.now + .microseconds(span)) }
    }
}
