public import ConvoModel

/// When a history is looked at again although nothing announced a change.
///
/// `updated_at` moves with an append, but not when a conversation's first answer completes. A history that was read
/// in between ends with an input (or a tool's run), is empty, or holds a restart's copies only; its answer would never
/// be noticed. So it is looked at again, after a wait that doubles each time. The looks are counted, for the server's
/// clock and ours may differ, and ours may be set.
public struct Settling: Sendable, Hashable {
    /// How often it was looked at when its time had come.
    public let looks: Int
    /// When it is looked at next.
    public let due: Timestamp

    public init(looks: Int, due: Timestamp) {
        self.looks = looks
        self.due = due
    }

    /// So often, over a quarter of an hour in all: the server itself gives up after ten minutes.
    static let patience = 9
    /// What is older by our clock had its answer long ago, or never will: no two clocks are so far apart.
    static let oldestMicroseconds: Int64 = 86_400_000_000
    /// A moment further ahead than any wait was written by a clock that has been set back since.
    static let longestWaitMicroseconds = waitMicroseconds(after: patience)

    private static func waitMicroseconds(after looks: Int) -> Int64 { 2_000_000 << Int64(looks) }

    /// How long it waits between this look and the next one.
    public var wait: Duration { .microseconds(Settling.waitMicroseconds(after: looks)) }

    /// After a history was read.
    ///
    /// - Parameter before: what was said after the last reading; `nil` where the conversation has changed since.
    /// - Returns: `nil` where the history ends with an answer of its own, or it was looked at often enough.
    public static func next(
        after before: Settling?, entries: [Entry], createdAt: Timestamp?, now: Timestamp
    ) -> Settling? {
        guard let since = unansweredSince(entries, createdAt: createdAt),
            now.microseconds - since.microseconds < oldestMicroseconds
        else { return nil }
        if let before, before.isAhead(of: now) { return before }
        let looks = before.map { $0.looks + 1 } ?? 0
        guard looks < patience else { return nil }
        return Settling(looks: looks, due: Timestamp(microseconds: now.microseconds + waitMicroseconds(after: looks)))
    }

    private func isAhead(of now: Timestamp) -> Bool {
        due > now && due.microseconds <= now.microseconds + Settling.longestWaitMicroseconds
    }

    private static func unansweredSince(_ entries: [Entry], createdAt: Timestamp?) -> Timestamp? {
        guard let last = entries.last else { return createdAt }
        guard last.type == .messageOutput || last.type == .functionCall else { return last.createdAt }
        // What is older than its conversation was copied from another one.
        guard let createdAt, let written = last.createdAt, written < createdAt else { return nil }
        return createdAt
    }
}
