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
    /// How long a write whose answer was lost may still surface on the server: until then "not there" proves
    /// nothing. The lock of a conversation was seen to live 90 s after its client went away.
    public var surfacing = Duration.seconds(100)
    /// Runs of one write that the server itself failed on: then the person decides. Each may have cost tokens.
    public var attempts = 5
    public var backoff = Backoff()
    /// Where a conversation has no policy of its own.
    public var conflictPolicy = ConflictPolicy.append

    public init() {}
}
