package import ConvoStore

/// The engine's limits: how much it does at once, how often it tries, and how long it waits.
package struct SyncLimits: Sendable, Hashable {
    /// Conversations per page of the list (`page_size`).
    ///
    /// Larger pages than 100 are not known to work.
    package var pageSize = 100
    /// Histories that a pull requests at once; also how many missing conversations it asks for at once.
    package var fetches = 8
    /// Conversations that a push writes to at once.
    ///
    /// Within a push, each 429 halves the number, and each delivered write raises it by one again.
    package var writers = 4
    /// Attempts per request within one pull, the first one included.
    package var tries = 4
    /// Runs through the list within one sweep, where pages shifted while they were read.
    ///
    /// The first one counts.
    package var passes = 3
    /// Pages that one run through the list reads at most.
    package var pages = 100_000
    /// Consecutive answers that are not the API's after which a pull ends.
    package var foreignAnswers = 3
    /// The longest wait at the server's request (`Retry-After`) that a pull makes itself.
    ///
    /// If the server asks for more, the pull ends and reports the wait in ``PullReport/asked``.
    package var patience = Duration.seconds(5)
    /// How long a write whose answer was lost may still appear on the server.
    ///
    /// A read that began before that time is over does not prove that the write is absent. A run was seen to take more
    /// than eight minutes, and the server gives up after ten; a replica that answers the read may lag behind by
    /// ``replicaLag`` then, and a minute is left for clocks and networks.
    package var surfacing = Duration.seconds(840)
    /// How far a replica of the server that answers reads may lag behind.
    ///
    /// Until then "not found" does not prove that a conversation which was there is gone.
    package var replicaLag = Duration.seconds(180)
    /// How often the server itself may fail on one write (5xx) before the engine holds it for the person.
    ///
    /// Each run may have cost tokens.
    package var attempts = 5
    /// The waits after failures in a row; pull, push and the circuit breaker use it.
    package var backoff = Backoff()
    /// The policy for conversations that have none of their own.
    package var conflictPolicy = ConflictPolicy.append

    /// Creates the default limits.
    package init() {}
}
