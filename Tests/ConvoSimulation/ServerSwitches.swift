package import SeededRandom

/// What is not known about the real server, one switch for each question; an engine must be right for every setting.
package struct ServerSwitches: Hashable, Sendable {
    package enum CopiedEntries: CaseIterable, Hashable, Sendable { case sameIDs, newIDs, notListed }
    package enum MetadataFilter: CaseIterable, Hashable, Sendable {
        case works
        /// The list is not filtered.
        case ignored
        /// Some of the conversations that match are missing.
        case missesSome
    }
    package enum HistoryDuringRun: CaseIterable, Hashable, Sendable {
        /// The history is as it was before the run.
        case asBefore
        /// The history has the inputs, and not yet the outputs.
        case inputsOnly
        /// The server answers 409.
        case refused
        /// The history has the inputs and what the run has done so far: the use of tools, and not yet the message.
        case inputsAndTools

        /// Those that every scenario may draw.
        static let usual: [HistoryDuringRun] = [.asBefore, .inputsOnly, .refused]
    }
    /// Which answers contain a conversation's `metadata`.
    package enum MetadataShown: CaseIterable, Hashable, Sendable {
        case everywhere, notInList, notInGet, nowhere, notOfBranches
    }
    package enum FailedInputs: CaseIterable, Hashable, Sendable { case dropped, kept }

    /// What a restarted conversation's history lists of the entries that it was made from.
    package var copiedEntries = CopiedEntries.newIDs
    /// Whether an input entry keeps the id that the client gave it.
    package var keepsClientEntryIDs = false
    package var metadataFilter = MetadataFilter.works
    /// The most conversations that one page of the list holds, whatever `page_size` asks for.
    package var pageSizeLimit = 100
    package var historyDuringRun = HistoryDuringRun.asBefore
    /// Whether the inputs of an append that failed with a 5xx stay in the history.
    package var failedInputs = FailedInputs.dropped
    /// Whether the history gives `completed_at` as the response did; in a recording of 2025 it is `null`.
    package var historyHasCompletedAt = false
    /// Whether the server stores the turn of an append with `store: false` all the same.
    package var keepsUnstoredAppends = false
    /// Whether a conversation is listed as soon as its start arrived, or only with its first answer.
    package var listsStartsAtArrival = false
    /// Whether the server answers 404, not 204, when a conversation that does not exist is deleted.
    package var refusesUnknownDeletes = true
    /// Whether some conversations and entries get ids in the layout from before September 2025.
    package var mintsOldIDs = true
    /// Whether creation times are cut to the millisecond, so that conversations made in the same one share theirs.
    package var coarseCreationTimes = false
    /// How the server changes an input's text before it stores it.
    package var storedText = StoredText.asSent
    package var metadataShown = MetadataShown.everywhere
    /// Whether each page of the list is the whole list.
    package var ignoresPage = false
    /// The longest time after its client went away for which a conversation stays locked and a commit may surface.
    package var lockLimit = ServerSwitches.usualLockLimit
    package static let usualLockLimit = Duration.seconds(90)
    /// The value of ``lockLimit`` where a run may take almost ten minutes.
    package static let slowLockLimit = Duration.seconds(600)

    package init() {}

    /// Draws a combination from the generator.
    package init(drawnFrom random: inout SplitMix64) {
        copiedEntries = random.element(of: CopiedEntries.allCases) ?? .newIDs
        keepsClientEntryIDs = random.chance(perMille: 500)
        metadataFilter = random.element(of: MetadataFilter.allCases) ?? .works
        pageSizeLimit = random.element(of: [100, 100, 50, 7, 3]) ?? 100
        historyDuringRun = random.element(of: HistoryDuringRun.usual) ?? .asBefore
        failedInputs = random.element(of: FailedInputs.allCases) ?? .dropped
        historyHasCompletedAt = random.chance(perMille: 500)
        keepsUnstoredAppends = random.chance(perMille: 500)
        listsStartsAtArrival = random.chance(perMille: 500)
        refusesUnknownDeletes = random.chance(perMille: 700)
        mintsOldIDs = random.chance(perMille: 700)
        coarseCreationTimes = random.chance(perMille: 300)
    }
}
