public import ConvoModel

/// When a history is read again although the list announces no change.
///
/// There are two reasons:
/// - `updated_at` moves with an append, but not when a conversation's first answer completes. A history that was read in between
///   ends with an input (or a tool's run), is empty, or holds a restart's copies only; its answer would never be noticed.
/// - The list may be newer than the history (a replica, a cache): an entry that is held is not in it, or nothing of what
///   moved `updated_at` is, or `updated_at` has just moved and the last entry is older than that.
///
/// So it is read again, after a wait that grows each time. The attempts are counted, for the server's clock and ours may
/// differ, and ours may be set.
public struct HistoryRecheck: Sendable, Hashable {
    public enum Cause: Sendable, Hashable { case unanswered, outdated }

    /// How often it was read again when its time had come.
    public let attempts: Int
    /// When it is read next.
    public let due: Timestamp
    public let cause: Cause

    public init(attempts: Int, due: Timestamp, cause: Cause = .unanswered) {
        self.attempts = attempts
        self.due = due
        self.cause = cause
    }

    /// Over a quarter of an hour in all: the server itself gives up after ten minutes.
    static let unansweredLimit = 9
    /// Almost three minutes in all. After that a history is believed: the server has dropped what it does not list.
    static let outdatedLimit = 4
    /// An answer's entry is made when its first word comes, and `updated_at` moves with its last.
    private static let usualGapMicroseconds: Int64 = 2_000_000
    /// No replica is so far behind.
    private static let recentMicroseconds: Int64 = 600_000_000
    /// What is older by our clock had its answer long ago, or never will: no two clocks are so far apart.
    static let oldestMicroseconds: Int64 = 86_400_000_000
    /// A moment further ahead than any wait was written by a clock that has been set back since.
    static let longestWaitMicroseconds = waitMicroseconds(after: unansweredLimit)

    /// Doubling; for a history that seems outdated, fourfold: each attempt reads all of it.
    private static func waitMicroseconds(after attempts: Int, _ cause: Cause = .unanswered) -> Int64 {
        2_000_000 << Int64(cause == .unanswered ? attempts : attempts * 2)
    }

    /// How long it waits between this attempt and the next one.
    public var wait: Duration { .microseconds(HistoryRecheck.waitMicroseconds(after: attempts, cause)) }

    /// Whether a history may lack the turn that moved `updated_at`: that is recent, and later than the last entry.
    static func isGap(between last: Entry?, and updatedAt: Timestamp, now: Timestamp) -> Bool {
        guard let written = last?.createdAt else { return false }
        return updatedAt.microseconds - written.microseconds > usualGapMicroseconds
            && abs(now.microseconds - updatedAt.microseconds) < recentMicroseconds
    }

    /// After a history was read.
    ///
    /// - Parameters:
    ///   - before: what was said after the last reading; `nil` where the conversation has changed since.
    ///   - isOutdated: whether the history seems older than the list.
    /// - Returns: `nil` where the history is whole, or it was read often enough.
    public static func next(
        after before: HistoryRecheck?, entries: [Entry], createdAt: Timestamp?, isOutdated: Bool = false,
        now: Timestamp
    ) -> HistoryRecheck? {
        let since = unansweredSince(entries, createdAt: createdAt)
        let isUnanswered = since.map { now.microseconds - $0.microseconds < oldestMicroseconds } ?? false
        guard isUnanswered || isOutdated else { return nil }
        let cause: Cause = isUnanswered ? .unanswered : .outdated
        if let before, before.isAhead(of: now) {
            return HistoryRecheck(attempts: before.attempts, due: before.due, cause: cause)
        }
        let attempts = before.map { $0.attempts + 1 } ?? 0
        guard attempts < (isUnanswered ? unansweredLimit : outdatedLimit) else { return nil }
        return HistoryRecheck(
            attempts: attempts,
            due: Timestamp(microseconds: now.microseconds + waitMicroseconds(after: attempts, cause)),
            cause: cause)
    }

    /// Whether a history that is read now is believed in what it leaves out.
    ///
    /// - Parameter before: what was said after the last reading of the same version.
    static func isBelieved(after before: HistoryRecheck?, now: Timestamp) -> Bool {
        guard let before else { return false }
        return before.attempts + 1 >= outdatedLimit && !before.isAhead(of: now)
    }

    private func isAhead(of now: Timestamp) -> Bool {
        due > now && due.microseconds <= now.microseconds + HistoryRecheck.longestWaitMicroseconds
    }

    private static func unansweredSince(_ entries: [Entry], createdAt: Timestamp?) -> Timestamp? {
        guard let last = entries.last else { return createdAt }
        guard last.type == .messageOutput || last.type == .functionCall else { return last.createdAt }
        // What is older than its conversation was copied from another one.
        guard let createdAt, let written = last.createdAt, written < createdAt else { return nil }
        return createdAt
    }
}
