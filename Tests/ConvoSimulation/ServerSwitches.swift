package import MistralEmulator
package import SeededRandom

/// The open questions about the real server, one switch for each; an engine must be right for every setting.
package struct ServerSwitches: Hashable, Sendable {
    package enum MetadataFilter: CaseIterable, Hashable, Sendable {
        case works
        /// The list is not filtered.
        case ignored
        /// Some of the conversations that match are missing.
        case missesSome
    }
    /// The answers that contain a conversation's `metadata`.
    package enum MetadataShown: CaseIterable, Hashable, Sendable {
        case everywhere, notInList, notInGet, nowhere, notOfBranches
    }

    /// The emulator's switches.
    ///
    /// The simulated server pages the list itself, because rows that are no conversations stand in it.
    package var api = Switches()
    package var metadataFilter = MetadataFilter.works
    /// The most conversations that one page of the list holds, whatever `page_size` asks for.
    package var pageSizeLimit = 100
    /// How the server changes an input's text before it stores it; `nil` if it does not.
    package var storedText: InputAlteration?
    package var metadataShown = MetadataShown.everywhere
    /// Whether each page of the list is the whole list.
    package var ignoresPage = false
    /// The longest time after its client went away for which a conversation stays locked and a commit may surface.
    package var lockLimit = ServerSwitches.usualLockLimit
    package static let usualLockLimit = Duration.seconds(90)
    /// The value of ``lockLimit`` where a run may take almost ten minutes.
    package static let slowLockLimit = Duration.seconds(600)
    /// How far behind a replica may be.
    private static let longestLagMilliseconds = 200_000

    package init() {
        api.pageSizeLimit = 0
        api.replicaLagMilliseconds = ServerSwitches.longestLagMilliseconds
        api.restartHistory = .newIDs
        api.idLayout = .mixed
    }

    /// Draws a combination from the generator.
    package init(drawnFrom random: inout SplitMix64) {
        self.init()
        api.restartHistory = random.element(of: Switches.RestartHistory.allCases) ?? .newIDs
        api.clientEntryIDs = random.chance(perMille: 500) ? .keep : .ignore
        metadataFilter = random.element(of: MetadataFilter.allCases) ?? .works
        pageSizeLimit = random.element(of: [100, 100, 50, 7, 3]) ?? 100
        api.historyWhileBusy = random.element(of: [.before, .partial, .refuse]) ?? .before
        api.failedAppend = random.element(of: Switches.FailedAppend.allCases) ?? .dropsInput
        api.historyCompletedAt = random.chance(perMille: 500) ? .value : .null
        api.appendUnstored = random.chance(perMille: 500) ? .kept : .notKept
        api.newListed = random.chance(perMille: 500) ? .atArrival : .withAnswer
        api.deleteUnknown = random.chance(perMille: 700) ? .notFound : .noContent
        api.idLayout = random.chance(perMille: 700) ? .mixed : .uuid7
        api.creationTimes = random.chance(perMille: 300) ? .milliseconds : .microseconds
    }

    /// The emulator's switches for these answers.
    var emulated: Switches {
        var switches = api
        switches.metadataMatch = metadataFilter == .ignored ? .ignore : .subset
        return switches
    }
}
