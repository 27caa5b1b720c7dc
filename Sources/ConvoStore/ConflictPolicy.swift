/// What becomes of a queued append when another writer has moved the conversation on since it was written.
public enum ConflictPolicy: String, Sendable, CaseIterable {
    /// It goes behind what the other one wrote.
    case append
    /// It makes a branch from the last entry that its writer had seen.
    case branch
    /// It waits for the person.
    case hold
}
