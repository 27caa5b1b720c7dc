import ConvoModel
import ConvoWords
import Synchronization
import Testing

@testable import ConvoStore

@Suite struct `Entries that are prepared ahead` {
    /// Entries that are kept elsewhere; from one position on they may be lost.
    private final class Spool: EntrySpool {
        private let texts: [String]
        private let end: Int
        private let isWhole = Mutex(true)

        init(_ texts: [String], lostFrom end: Int = .max) { (self.texts, self.end) = (texts, end) }

        var count: Int { texts.count }
        var byteCount: Int { texts.reduce(0) { $0 + $1.utf8.count } }
        var isReadable: Bool { isWhole.withLock(\.self) }
        var hasRoom: Bool { true }

        func add(_ text: String) {}
        func text(at position: Int) -> String? {
            guard position >= end else { return texts[position] }
            isWhole.withLock { $0 = false }
            return nil
        }
    }

    /// Entries of which a few fill what is prepared at a time, and one more than fills it.
    private static let texts = (0..<60).map { number in
        message("e\(number)", String(repeating: "word\(number) ", count: number == 30 ? 60_000 : 2_000))
    }

    @Test func `are those of the history, in their order and again`() {
        let entries = HistoryEntries(Spool(Self.texts))
        let ahead = EntriesAhead(entries)
        for position in [0, 1, 2, 0, 3, 29, 30, 31, 30, 59, 59, 5, 0] {
            let entry = ahead.entry(at: position)
            #expect(entry.entry.raw.text == Self.texts[position])
            #expect(entry.words.text == PreparedEntry(entries[position]).words.text)
        }
    }

    @Test func `are let go whenever nobody wants them any more`() {
        for count in [0, 1, 20, 60] {
            let ahead = EntriesAhead(HistoryEntries(Spool(Self.texts)))
            for position in 0..<count { _ = ahead.entry(at: position) }
        }
        _ = EntriesAhead(HistoryEntries(Spool([])))
    }

    @Test func `tell where one was lost, before it is taken`() {
        let entries = HistoryEntries(Spool(Self.texts, lostFrom: 50))
        let ahead = EntriesAhead(entries)
        for position in 0..<50 { #expect(ahead.entry(at: position).entry.raw.text == Self.texts[position]) }
        _ = ahead.entry(at: 50)
        #expect(!entries.isReadable)
    }
}
