import ConvoJSON
import ConvoModel
import Testing

@testable import MistralEmulator

@Suite struct `The recent past` {
    private static let id = RemoteID("conv_a")

    private static func conversation(_ entries: Int) -> EmulatedConversation {
        EmulatedConversation(
            id: id, createdAt: Timestamp(microseconds: 0), object: .object([]),
            entries: Array(repeating: .object([]), count: entries))
    }

    /// How many entries a conversation has at a moment that was started at 10, appended to at 20 and deleted at 30;
    /// `nil` if it does not exist then.
    private static func entries(at moment: Int64, since horizon: Int64 = 0) -> Int? {
        var (table, past) = (ConversationTable(), RecentPast())
        func time(_ moment: Int64) -> Timestamp { Timestamp(microseconds: moment) }
        past.note(id, nil, at: time(10), since: time(horizon))
        table.put(conversation(1))
        past.note(id, table[id], at: time(20), since: time(horizon))
        table.put(conversation(2))
        past.note(id, table[id], at: time(30), since: time(horizon))
        _ = table.remove(id)
        return past.table(table, at: time(moment))[id]?.entries.count
    }

    @Test func `has a conversation as it was at each moment`() {
        #expect([5, 10, 19, 20, 29, 30, 99].map { Self.entries(at: $0) } == [nil, 1, 1, 2, 2, nil, nil])
    }

    @Test func `forgets what is older than it is asked to keep`() {
        // The start at 10 is forgotten, so that the conversation seems to have existed always.
        #expect(Self.entries(at: 5, since: 15) == 1)
    }
}
