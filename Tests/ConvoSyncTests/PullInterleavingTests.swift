import ConvoJSON
import ConvoModel
import SeededRandom
import Testing

@testable import ConvoStore
@testable import ConvoSync

/// A pull with a simulated store and server, whose steps take effect, and end, in a random order.
private struct Interleaving {
    private struct Effect {
        let step: PullMachine.Step
        var outcome: PullMachine.Outcome?
    }

    private var machine = PullMachine(.full)
    private var chance: SplitMix64
    private var inFlight: [Effect] = []
    /// Whether the history of each conversation that the store has is behind, by the conversation's number.
    private var isStale: [Bool]
    private let onServer: Int
    /// Conversations with a lower number get new entries while their history is read, and stay behind.
    private let restless: Int
    /// Conversations that are on no page of the list; `get` returns them.
    private let hidden: Set<Int>
    private(set) var left: [Int] = []

    init(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        let onServer = chance.int(in: 0...700)
        let known = chance.int(in: 0...onServer)
        let hidden: Set<Int> = chance.chance(perMille: 300) && known > 0 ? [known - 1] : []
        restless = chance.chance(perMille: 300) ? chance.int(in: 0...min(onServer, 200)) : 0
        isStale = (0..<known).map { chance.chance(perMille: 500) && !hidden.contains($0) }
        (self.chance, self.onServer, self.hidden) = (chance, onServer, hidden)
    }

    /// Runs the pull to its end.
    ///
    /// - Returns: whether it ended as it should, with all conversations of the server in the store.
    mutating func run() throws -> Bool {
        for _ in 0..<100_000 {
            switch machine.next(at: noon) {
            case .done:
                // Only conversations that had new entries meanwhile may be left to the next pull.
                left = isStale.indices.filter { isStale[$0] && $0 >= restless }
                return machine.report.halt == nil && isStale.count == onServer
            case .step(let step): inFlight.append(Effect(step: step))
            case .wait:
                guard let index = inFlight.indices.randomElement(using: &chance) else { return false }
                if let outcome = inFlight[index].outcome {
                    machine.finished(inFlight.remove(at: index).step, outcome, at: noon)
                } else {
                    inFlight[index].outcome = try takeEffect(inFlight[index].step)
                }
            }
        }
        return false
    }

    private mutating func takeEffect(_ step: PullMachine.Step) throws -> PullMachine.Outcome {
        switch step {
        case .verify: return .verified
        case .askAPI: return .answered
        case .setAside: return .isSetAside
        case .markDeleted: return .markedDeleted
        case .list(let page, let size):
            let listed = Array((0..<onServer).filter { !hidden.contains($0) }.dropFirst(page * size).prefix(size))
            let items: [IngestedPage.Change] = listed.map { number in
                if number >= isStale.count { return .new }
                return isStale[number] ? .changed : .unchanged
            }
            while let last = listed.last, isStale.count <= last { isStale.append(true) }
            return .listed(IngestedPage(items: items, ids: listed.map(name)))
        case .findStale(let limit):
            return .stale(
                isStale.indices.filter { isStale[$0] }.prefix(limit).map {
                    StaleConversation(id: LocalID("\($0)"), remoteID: name($0), version: "1")
                })
        case .fetch(let stale):
            let raw = #"{"conversation_id":"\#(stale.remoteID)","entries":[{"type":"message.input","id":"e"}]}"#
            return .fetched(FetchedHistory(try ConversationHistory(raw: JSONText(raw)), version: stale.version))
        case .ingest(let histories):
            for history in histories {
                let number = try #require(Int(history.history.conversationID.rawValue))
                isStale[number] = number < restless
            }
            return .takenIn(histories.count)
        case .findMirrored: return .mirrored(isStale.indices.map(name))
        case .countDeletions: return .counted(DeletionCensus(mirrored: isStale.count))
        case .probe(let id):
            isStale[try #require(Int(id.rawValue))] = true  // it has changed since a page last listed it
            return .probed(isGone: false)
        case .conclude: return .concluded
        }
    }

    private func name(_ number: Int) -> RemoteID { RemoteID("\(number)") }
}

@Suite struct `However the steps of a pull interleave` {
    @Test func `it ends with every history that was behind`() throws {
        for seed in UInt64(0)..<400 {
            var interleaving = Interleaving(seed: seed)
            #expect(try interleaving.run(), "seed \(seed) does not end well")
            #expect(interleaving.left.isEmpty, "seed \(seed) leaves \(interleaving.left.count)")
        }
    }
}
