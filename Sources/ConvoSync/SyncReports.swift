package import ConvoModel

/// The work of a pull, and why it ended.
package struct PullReport: Sendable {
    /// A conversation that could not be read.
    ///
    /// It stays as it was until the next pull.
    package struct ConversationFailure: Sendable {
        /// The conversation's id on the server.
        package let conversation: RemoteID
        /// The failure of the last attempt.
        package let cause: SyncFailure
    }

    /// How many conversations the list showed that the mirror did not have.
    package internal(set) var conversations = 0
    /// How many entries the mirror did not have.
    package internal(set) var entries = 0
    /// How many histories were fetched and stored, whether they brought anything new or not.
    package internal(set) var histories = 0
    /// How many histories cannot be read in the version that the server has now; the store names them
    /// (`Store.setAside()`).
    package internal(set) var unreadable = 0
    /// How many missing conversations were not marked as deleted, because too many would be marked at once.
    package internal(set) var withheldDeletions = 0
    /// The conversations that could not be read; the pull went on without them.
    package internal(set) var failures: [ConversationFailure] = []
    /// Why the pull ended early; `nil` if it is complete, or still under way.
    package internal(set) var halt: SyncFailure?
    /// The longest wait that the server asked for (`Retry-After`), whatever ended the pull; `nil` if none was longer
    /// than ``SyncLimits/patience``.
    package internal(set) var asked: Duration?

    /// Creates the report of a pull that has done nothing yet.
    package init() {}
}

/// The work of a push, and why it ended.
package struct PushReport: Sendable {
    /// How many writes were delivered, or found to be on the server.
    package internal(set) var delivered = 0
    /// Why the push ended early; `nil` if it did all that could be done, or is still under way.
    package internal(set) var halt: SyncFailure?
    /// Until when the server asked this push, or an earlier one, to wait; nothing more is sent before.
    ///
    /// `nil` if it did not ask.
    package internal(set) var slowUntil: Timestamp?
    /// The 429 behind ``slowUntil``; `nil` if the server sent none during this push.
    package internal(set) var throttle: SyncFailure?
    /// Whether the push left work undone because another process waits for the engine's lock.
    package internal(set) var hasMadeRoom = false

    /// Creates the report of a push that has done nothing yet.
    package init() {}
}
