import ConvoJSON
import ConvoModel
import ConvoStore

/// When a turn of ours ran by the server's clock, as the times of its outputs tell.
struct TurnSpan: Hashable {
    /// The earliest time of an output.
    let start: Timestamp
    /// The latest time of an output.
    let end: Timestamp

    /// For how long an answer may be on its way, and for how long it may wait here, while it still tells where the
    /// conversation ends.
    static let freshness = Duration.seconds(1)

    /// Creates the span of a turn; `nil` if no output has a time.
    ///
    /// - Parameter response: the body of the answer to a start, an append or a restart.
    init?(_ response: JSONText) {
        let times = (response["outputs"]?.elements ?? []).flatMap { [$0["created_at"], $0["completed_at"]] }
            .compactMap { $0?.string.flatMap { Timestamp(lenient: $0) } }
        guard let start = times.min(), let end = times.max() else { return nil }
        (self.start, self.end) = (start, end)
    }

    /// Whether the turn is what moved the conversation's `updated_at`; `nil` if that is not readable as a time.
    ///
    /// If the answer took long on its way, another writer may have been there since.
    func hasMoved(_ version: String) -> Bool? {
        Timestamp(lenient: version).map { !HistoryRecheck.isGap(from: end, to: $0) }
    }

    /// Whether the answer came soon after the turn's end: then it tells as much about what others have written as a read
    /// just after it.
    ///
    /// - Parameter wait: how long the client waited for the answer, measured by its own clock.
    /// - Returns: whether less than ``freshness`` of that was not the turn itself. `false` if the turn seems longer than the
    ///   wait: its times are not to be relied on.
    func isFresh(after wait: Duration) -> Bool {
        let run = Duration.microseconds(end.microseconds - start.microseconds)
        return run <= wait && wait - run < TurnSpan.freshness
    }
}
