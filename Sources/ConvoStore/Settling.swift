public import ConvoModel

/// When a history is looked at again although nothing announced a change.
///
/// `updated_at` moves with an append, but not when a conversation's first answer completes. A history that was read
/// in between ends with an input (or a tool's run), is empty, or holds a restart's copies only; its answer would never
/// be noticed.
public enum Settling {
    /// An answer that has not come after this long will not: the server itself gives up after ten minutes.
    static let patienceMicroseconds: Int64 = 15 * 60_000_000
    static let shortestMicroseconds: Int64 = 2_000_000

    /// `nil` where the history ends with an answer of its own, or its time is over.
    public static func nextLook(at entries: [Entry], createdAt: Timestamp?, now: Timestamp) -> Timestamp? {
        guard let since = unansweredSince(entries, createdAt: createdAt) else { return nil }
        let age = now.microseconds - since.microseconds
        guard age < patienceMicroseconds else { return nil }
        return Timestamp(microseconds: now.microseconds + max(shortestMicroseconds, age))
    }

    private static func unansweredSince(_ entries: [Entry], createdAt: Timestamp?) -> Timestamp? {
        guard let last = entries.last else { return createdAt }
        guard last.type == .messageOutput || last.type == .functionCall else { return last.createdAt }
        // What is older than its conversation was copied from another one.
        guard let createdAt, let written = last.createdAt, written < createdAt else { return nil }
        return createdAt
    }
}
