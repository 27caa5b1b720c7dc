public import SeededRandom

/// What is not known about the real server, one switch for each: an engine must be right for all of them.
public struct ServerSwitches: Hashable, Sendable {
    public enum CopiedEntries: CaseIterable, Hashable, Sendable { case sameIDs, newIDs, notListed }
    public enum MetadataFilter: CaseIterable, Hashable, Sendable {
        case works
        /// The list comes whole.
        case ignored
        /// Some of the conversations that match are missing.
        case missesSome
    }
    public enum HistoryDuringRun: CaseIterable, Hashable, Sendable {
        /// As it was before the run.
        case asBefore
        /// The inputs are there, the outputs not yet.
        case inputsOnly
        /// 409.
        case refused
    }
    /// In which answers a conversation's `metadata` is.
    public enum MetadataShown: CaseIterable, Hashable, Sendable { case everywhere, notInList, notInGet, nowhere }
    public enum FailedInputs: CaseIterable, Hashable, Sendable { case dropped, kept }

    /// What a restarted conversation's history lists of the entries that it was made from.
    public var copiedEntries = CopiedEntries.newIDs
    /// Whether an input entry keeps the id that the client gave it.
    public var keepsClientEntryIDs = false
    public var metadataFilter = MetadataFilter.works
    /// The most that one page of the list holds, whatever is asked for.
    public var pageSizeLimit = 100
    public var historyDuringRun = HistoryDuringRun.asBefore
    /// Whether the inputs of an append that failed with a 5xx stay in the history.
    public var failedInputs = FailedInputs.dropped
    /// Whether the history gives `completed_at` as the response did; `null` in 2025's recording.
    public var historyHasCompletedAt = false
    /// Whether `store: false` on an append keeps the turn all the same.
    public var keepsUnstoredAppends = false
    /// Whether a conversation is listed as soon as its start arrived, or only with its first answer.
    public var listsStartsAtArrival = false
    /// Whether deleting what is not there is a 404; else 204.
    public var refusesUnknownDeletes = true
    /// Whether conversations get ids in the layout of before September 2025 now and then.
    public var mintsOldIDs = true
    /// Whether creation times are cut to the millisecond, so that conversations made together share theirs.
    public var coarseCreationTimes = false
    /// What becomes of an input's text before it is kept.
    public var storedText = StoredText.asSent
    public var metadataShown = MetadataShown.everywhere
    /// Whether each page of the list is the whole list.
    public var ignoresPage = false
    /// How long at most a conversation stays locked after its client went away, and a commit may surface.
    public var lockLimit = ServerSwitches.usualLockLimit
    public static let usualLockLimit = Duration.seconds(90)
    /// The same where a run may take eight minutes.
    public static let slowLockLimit = Duration.seconds(540)

    public init() {}

    /// A combination drawn from the generator.
    public init(drawnFrom random: inout SplitMix64) {
        copiedEntries = random.element(of: CopiedEntries.allCases) ?? .newIDs
        keepsClientEntryIDs = random.chance(perMille: 500)
        metadataFilter = random.element(of: MetadataFilter.allCases) ?? .works
        pageSizeLimit = random.element(of: [100, 100, 50, 7, 3]) ?? 100
        historyDuringRun = random.element(of: HistoryDuringRun.allCases) ?? .asBefore
        failedInputs = random.element(of: FailedInputs.allCases) ?? .dropped
        historyHasCompletedAt = random.chance(perMille: 500)
        keepsUnstoredAppends = random.chance(perMille: 500)
        listsStartsAtArrival = random.chance(perMille: 500)
        refusesUnknownDeletes = random.chance(perMille: 700)
        mintsOldIDs = random.chance(perMille: 700)
        coarseCreationTimes = random.chance(perMille: 300)
    }
}
