import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `Histories that wait to be stored` {
    /// A history with as many entries as given; the first is as long as the given size needs.
    private func history(_ id: String = "c", entries: Int = 1, bytes: Int? = nil) throws -> FetchedHistory {
        let small = JSONText.int(1)
        let first = bytes.map { JSONText.string(String(repeating: "x", count: $0 - 2 - (entries - 1))) } ?? small
        let all = [first] + Array(repeating: small, count: entries - 1)
        let raw = JSONText.object(["conversation_id": .string(id), "entries": .array(all)])
        return FetchedHistory(try ConversationHistory(raw: raw), version: "1")
    }

    private func batcher(_ histories: FetchedHistory...) -> HistoryBatcher {
        var batcher = HistoryBatcher()
        for history in histories { batcher.add(history, at: noon) }
        return batcher
    }

    /// How many of the histories are stored together while more are coming; `nil` if the batcher waits for more.
    private func batch(_ histories: FetchedHistory...) throws -> Int? {
        var batcher = HistoryBatcher()
        for history in histories { batcher.add(history, at: noon) }
        return batcher.next(at: noon, isMoreComing: true)?.count
    }

    @Test func `keep others from being fetched from a megabyte on`() throws {
        let room = 1 << 20
        #expect(try !batcher(history(bytes: room - 1)).isFull)
        #expect(try batcher(history(bytes: room)).isFull)
        var batcher = try batcher(history(bytes: room - 2), history(bytes: 3))
        #expect(batcher.isFull)
        #expect(batcher.next(at: noon, isMoreComing: true)?.count == 1)
        #expect(!batcher.isFull && batcher.isStoring && !batcher.isEmpty)
        #expect(batcher.due == nil && batcher.next(at: noon, isMoreComing: false) == nil)
        batcher.stored()
        #expect(batcher.next(at: noon, isMoreComing: false)?.count == 1)
        batcher.stored()
        #expect(batcher.isEmpty)
    }

    @Test func `are stored at once where they fill a transaction, and no further`() throws {
        #expect(try batch(history(entries: 255)) == nil)
        #expect(try batch(history(entries: 256)) == 1)
        #expect(try batch(history(entries: 256), history()) == 1)
        #expect(try batch(history(entries: 255), history(), history()) == 2)
        let bytes = 384 << 10
        #expect(try batch(history(bytes: bytes - 1)) == nil)
        #expect(try batch(history(bytes: bytes)) == 1)
        #expect(try batch(history(bytes: bytes), history()) == 1)
        #expect(try batch(history(bytes: bytes - 1), history(), history()) == 2)
    }

    @Test func `gather in their order while others are stored`() throws {
        var batcher = try batcher(history("1"))
        #expect(batcher.next(at: noon, isMoreComing: false)?.count == 1)
        for number in 2...6 { batcher.add(try history("\(number)"), at: noon) }
        #expect(batcher.next(at: noon, isMoreComing: false) == nil)
        batcher.stored()
        #expect(
            batcher.next(at: noon, isMoreComing: false)?.map(\.history.conversationID.rawValue)
                == (2...6).map { "\($0)" })
        #expect(!batcher.isEmpty)
        batcher.stored()
        #expect(batcher.isEmpty && batcher.due == nil)
    }

    @Test func `are counted anew behind a batch`() throws {
        var batcher = try batcher(history(entries: 256, bytes: 384 << 10))
        #expect(batcher.next(at: noon, isMoreComing: true)?.count == 1)
        batcher.stored()
        batcher.add(try history(), at: noon)
        #expect(batcher.next(at: noon, isMoreComing: true) == nil)
    }

    @Test func `wait a quarter of a second for others, also where the clock is set back`() throws {
        var batcher = try batcher(history())
        #expect(batcher.due == noon + .milliseconds(250))
        #expect(batcher.next(at: noon + .milliseconds(249), isMoreComing: true) == nil)
        batcher.add(try history(), at: noon + .milliseconds(200))
        #expect(batcher.due == noon + .milliseconds(250), "it goes by the first")
        var late = batcher
        #expect(late.next(at: noon + .milliseconds(250), isMoreComing: true)?.count == 2)
        #expect(batcher.next(at: noon + .milliseconds(-1), isMoreComing: true)?.count == 2)
    }
}
