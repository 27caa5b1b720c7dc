import ConvoModel
import Testing

@testable import ConvoStore
@testable import ConvoSync

@Suite struct `The histories of a pull` {
    private let limits = SyncLimits()

    private func stale(_ numbers: Range<Int>) -> [StaleConversation] {
        numbers.map { StaleConversation(id: LocalID("\($0)"), remoteID: RemoteID("\($0)"), version: "1") }
    }

    /// The fetches that begin now, `count` at most.
    private func begun(_ fetching: inout HistoryFetchQueue, of count: Int) -> [String] {
        var begun: [String] = []
        while begun.count < count, case .fetch(let stale) = fetching.next(limits, settled: 0) {
            begun.append(stale.remoteID.rawValue)
            fetching.inFlight += 1
        }
        return begun
    }

    @Test func `are asked of the store once, and fetched in its order, a few at once`() {
        var fetching = HistoryFetchQueue()
        #expect(fetching.inFlight == 0)
        #expect(fetching.next(limits, settled: 0) == .findStale(limit: 64))
        #expect(fetching.next(limits, settled: 0) == nil)
        fetching.lookAgain()
        #expect(fetching.next(limits, settled: 0) == nil, "the store is being asked")
        fetching.found(stale(0..<10), limit: 64)
        #expect(begun(&fetching, of: 10) == (0..<8).map { "\($0)" })
        fetching.inFlight -= 8
        #expect(begun(&fetching, of: 2) == ["8", "9"])
        fetching.inFlight -= 2
        #expect(fetching.next(limits, settled: 4) == .findStale(limit: 6 + 64), "it was told to look again meanwhile")
        fetching.found([], limit: 70)
        #expect(fetching.next(limits, settled: 4) == nil)
        fetching.lookAgain()
        #expect(fetching.next(limits, settled: 10) == .findStale(limit: 64))
    }

    @Test func `are asked for again where an answer may hide more, with more room where nothing in it was new`() {
        var fetching = HistoryFetchQueue()
        #expect(fetching.next(limits, settled: 0) == .findStale(limit: 64))
        fetching.found(stale(0..<64), limit: 64)
        var taken: [String] = []
        for _ in 0..<8 {
            taken += begun(&fetching, of: 8)
            fetching.inFlight = 0
        }
        #expect(taken.count == 64)
        // None is settled; the store returns the same conversations again, twice each.
        #expect(fetching.next(limits, settled: 0) == .findStale(limit: 128))
        fetching.found(stale(0..<64) + stale(0..<64), limit: 128)
        #expect(fetching.next(limits, settled: 0) == .findStale(limit: 64 + 128))
        fetching.found(stale(0..<64), limit: 192)
        #expect(fetching.next(limits, settled: 0) == nil, "there was room for more")
        fetching.lookAgain()
        #expect(fetching.next(limits, settled: 0) == .findStale(limit: 128))
        fetching.found(stale(0..<63), limit: 128)
        #expect(fetching.next(limits, settled: 0) == nil)
    }
}
