package import ConvoModel

// A file of its own, because the engine and the store ask it alike.

extension OutboxItem {
    /// After how long in doubt a person may give a write up: the server has long been done with whatever it was sent.
    package static let longestDoubt = Duration.seconds(3600)

    /// How long the write had been in doubt at that moment, at least.
    ///
    /// Setting the clock cannot make it longer.
    ///
    /// If the machine was restarted meanwhile, the time since that start counts; if the file was moved to another
    /// machine, the wall clocks must show that much too.
    package func doubtLasted(until uptime: Uptime, _ now: Timestamp) -> Duration {
        guard let doubtedAt, let doubtedUptime else { return .zero }
        return uptime.since(doubtedUptime)
            ?? min(uptime.sinceBoot, .microseconds(now.microseconds - doubtedAt.microseconds))
    }
}
