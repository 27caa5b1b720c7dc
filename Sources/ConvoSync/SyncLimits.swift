public import ConvoStore

/// How much at once, how often, how long.
public struct SyncLimits: Sendable, Hashable {
    /// Conversations to a page of the list. More than 100 is not known to work.
    public var pageSize = 100
    /// Histories fetched at once.
    public var fetches = 8
    /// Conversations written to at once.
    public var writers = 4
    /// Tries of one request within one pass of a pull.
    public var tries = 4
    /// Runs through the list within one sweep, where the pages shifted while they were read.
    public var passes = 3
    /// Pages of one run through the list.
    public var pages = 100_000
    /// Answers in a row that are not the API's, after which a pull ends.
    public var foreignAnswers = 3
    /// A pull does not wait longer than this for what the server asks to wait for: it ends, and says until when.
    public var patience = Duration.seconds(5)
    /// How long a write whose answer was lost may still surface on the server: until then "not there" proves nothing. A
    /// run was seen to take more than eight minutes, and the server gives up after ten.
    public var surfacing = Duration.seconds(660)
    /// How far a replica of the server that answers reads may be behind: for so long "not found" proves nothing of a
    /// conversation that was there.
    public var replicaLag = Duration.seconds(180)
    /// Runs of one write that the server itself failed on: then the person decides. Each may have cost tokens.
    public var attempts = 5
    public var backoff = Backoff()
    /// Where a conversation has no policy of its own.
    public var conflictPolicy = ConflictPolicy.append

    public init() {}
}
