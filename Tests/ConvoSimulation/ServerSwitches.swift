package import SeededRandom

/// What is not known about the real server, one switch for each: an engine must be right for all of them.
package struct ServerSwitches: Hashable, Sendable {
    package enum CopiedEntries: CaseIterable, Hashable, Sendable { case sameIDs, newIDs, notListed }
    package enum MetadataFilter: CaseIterable, Hashable, Sendable {
        case works
        /// The list comes whole.
        case ignored
        /// Some of the conversations that match are missing.
        case missesSome
    }
    package enum HistoryDuringRun: CaseIterable, Hashable, Sendable {
        /// As it was before the run.
        case asBefore
        /// The inputs are there, the outputs not yet.
        case inputsOnly
        /// 409.
        case refused
    }
    /// In which answers a conversation's `metadata` is.
    package enum MetadataShown: CaseIterable, Hashable, Sendable { case everywhere, notInList, notInGet, nowhere }
    package enum FailedInputs: CaseIterable, Hashable, Sendable { case dropped, kept }

    /// What a restarted conversation's history lists of the entries that it was made from.
    package var copiedEntries = CopiedEntries.newIDs
    /// Whether an input entry keeps the id that the client gave it.
    package var keepsClientEntryIDs = false
    package var metadataFilter = MetadataFilter.works
    /// The most that one page of the list holds, whatever is asked for.
    package var pageSizeLimit = 100
    package var historyDuringRun = HistoryDuringRun.asBefore
    /// Whether the inputs of an append that failed with a 5xx stay in the history.
    package var failedInputs = FailedInputs.dropped
    /// Whether the history gives `completed_at` as the response did; `null` in 2025's recording.
    package var historyHasCompletedAt = false
    /// Whether `store: false` on an append keeps the turn all the same.
    package var keepsUnstoredAppends = false
    /// Whether a conversation is listed as soon as its start arrived, or only with its first answer.
    package var listsStartsAtArrival = false
    /// Whether deleting what is not there is a 404; else 204.
    package var refusesUnknownDeletes = true
    /// Whether conversations get ids in the layout of before September 2025 now and then.
    package var mintsOldIDs = true
    /// Whether creation times are cut to the millisecond, so that conversations made together share theirs.
    package var coarseCreationTimes = false
    /// What becomes of an input's text before it is kept.
    package var storedText = StoredText.asSent
    package var metadataShown = MetadataShown.everywhere
    /// Whether each page of the list is the whole list.
    package var ignoresPage = false
    /// How long at most a conversation stays locked after its client went away, and a commit may surface.
    package var lockLimit = ServerSwitches.usualLockLimit
    package static let usualLockLimit = Duration.seconds(90)
    /// The same where a run may take eight minutes.
    package static let slowLockLimit = Duration.seconds(540)

    package init() {}

    /// A combination drawn from the generator.
    package init(drawnFrom random: inout SplitMix64) {
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
