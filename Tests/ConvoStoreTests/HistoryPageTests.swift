import ConvoJSON
import ConvoModel
import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `Pages of a history` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private let id: LocalID

    init() throws {
        temporary = try TemporaryStore()
        _ = try temporary.store.ingest([.sample("conv_1")])
        id = try temporary.store.localID(matching: "conv_1")
    }

    /// Stores messages, with a call and its result in between, one a minute from 10:00 on.
    private func fill(_ count: Int) throws {
        let entries = (0..<count).map { number in
            let time = "2026-03-11T\(10 + number / 60):\(String(100 + number % 60).dropFirst()):00Z"
            let type = ["message.input", "function.call", "function.result", "message.output"][number % 4]
            return #"{"type":"\#(type)","id":"e\#(number)","role":"user","content":"text \#(number)","#
                + #""tool_call_id":"c\#(number / 4)","created_at":"\#(time)"}"#
        }
        let version = "2026-03-12T00:00:0\(count % 10).000000Z"
        try store.take("conv_1", entries, version: version)
    }

    private func ids(_ selection: HistorySelection = HistorySelection(), limit: Int = 500) throws -> [String?] {
        var ids: [String?] = []
        var cursor: HistoryPage.Cursor?
        while true {
            let page = try store.historyPage(of: id, selection, from: cursor, limit: limit)
            #expect(page.entries.count <= limit && (page.next == nil || !page.entries.isEmpty))
            ids += page.entries.map(\.entry.id?.rawValue)
            guard let next = page.next else { return ids }
            #expect(page.pending.isEmpty)
            cursor = next
        }
    }

    @Test func `begin with an entry that is named`() throws {
        try fill(8)
        var selection = HistorySelection()
        selection.firstEntry = EntryID("e5")
        #expect(try ids(selection) == ["e5", "e6", "e7"])
        selection.last = 2
        #expect(try ids(selection) == ["e6", "e7"])
        selection.last = 7
        #expect(try ids(selection) == ["e5", "e6", "e7"])
        selection.onlyMessages = true
        #expect(try ids(selection, limit: 1) == ["e7"])
    }

    @Test func `have entries with numbers, which lead back to them`() throws {
        try fill(8)
        let whole = try store.history(of: id).entries
        for (place, stored) in whole.enumerated() {
            #expect(try store.entryNumber(of: stored.id, in: id) == place + 1)
            #expect(try store.entryID(numbered: place + 1, in: id) == stored.id)
        }
        for number in [-1, 0, whole.count + 1, .max] { #expect(try store.entryID(numbered: number, in: id) == nil) }
        #expect(try store.entryNumber(of: EntryID("nobody"), in: id) == nil)
        var last = HistorySelection()
        last.last = 3
        let start = try #require(try store.historyPage(of: id, last, limit: 0).next)
        #expect(try store.entryCount(before: start, in: id) == whole.count - 3)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `hold together what the whole history holds, whatever their size`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        try fill(chance.int(in: 0...90))
        let whole = try store.history(of: id).entries.map(\.entry.id?.rawValue)
        #expect(try ids(limit: chance.int(in: 1...40)) == whole)
        for last in [0, 1, chance.int(in: 2...80), 1000] {
            var selection = HistorySelection()
            selection.last = last
            #expect(try ids(selection, limit: chance.int(in: 1...40)) == whole.suffix(last))
        }
    }

    @Test func `begin at a moment, and may have messages only`() throws {
        try fill(40)
        var selection = HistorySelection()
        selection.since = Timestamp("2026-03-11T10:30:00Z")
        #expect(try ids(selection) == (30..<40).map { "e\($0)" })
        selection.onlyMessages = true
        #expect(try ids(selection, limit: 2) == ["e31", "e32", "e35", "e36", "e39"])
        selection.last = 2
        #expect(try ids(selection) == ["e36", "e39"])
        selection.since = Timestamp("2026-03-11T10:39:00Z")
        #expect(try ids(selection) == ["e39"])
        selection.since = Timestamp("2026-03-12T10:39:00Z")
        #expect(try ids(selection).isEmpty)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `begin at the first entry of a moment or later, in whatever order the times are`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        let times = (0..<30).map { _ in "2026-03-11T\(chance.int(in: 10...12)):\(chance.int(in: 10...59)):00Z" }
        let entries = times.enumerated().map { number, time in
            #"{"type":"message.input","id":"e\#(number)","role":"user","content":"x","created_at":"\#(time)"}"#
        }
        try store.take("conv_1", entries, version: "2026-03-12T00:00:00.000000Z")
        for time in times + ["2026-03-11T09:00:00Z", "2026-03-11T13:00:00Z", "1969-01-01T00:00:00Z"] {
            var selection = HistorySelection()
            selection.since = Timestamp(time)
            let first = times.firstIndex { $0 >= time } ?? times.count
            #expect(try ids(selection, limit: 7) == (first..<times.count).map { "e\($0)" })
        }
    }

    /// A newer version of an entry may have a later time than the one by which the store numbered it.
    @Test func `begin at the time that an entry has now`() throws {
        for time in ["10:00", "12:00"] {
            try store.take(
                "conv_1",
                [
                    #"{"type":"message.input","id":"e1","role":"user","content":"x","created_at":"2026-03-11T\#(time):00Z"}"#
                ], version: "2026-03-12T00:00:00.000000Z")
        }
        var selection = HistorySelection()
        selection.since = Timestamp("2026-03-11T11:00:00Z")
        #expect(try ids(selection) == ["e1"])
    }

    @Test func `end with what is pending, and hold no more than a bounded text`() throws {
        let text = String(repeating: "long ", count: 20_000)
        let entries = (0..<12).map { message("m\($0)", text) }
        try store.take("conv_1", entries, version: "2026-03-12T00:00:00.000000Z")
        let write = try temporary.append(to: id)
        var page = try store.historyPage(of: id)
        var sizes: [Int] = []
        while let next = page.next {
            sizes.append(page.entries.count)
            page = try store.historyPage(of: id, from: next)
        }
        #expect(sizes == [3, 3, 3])
        #expect(page.entries.count == 3)
        #expect(page.pending.map(\.id) == [write])
        #expect(throws: StoreError.self) { try store.historyPage(of: LocalID("none")) }
    }

    @Test func `leave out what the server no longer lists, unless it is asked for`() throws {
        try fill(4)
        try store.run("UPDATE entry SET dropped_at = '2026-01-01' WHERE id = 'e1'")
        let listed = try ids()
        #expect(listed == ["e0", "e2", "e3"])
        var selection = HistorySelection()
        selection.includesDropped = true
        selection.last = 3
        #expect(try ids(selection) == ["e1", "e2", "e3"])
        #expect(try store.conversation(matching: id.rawValue).entryCount == 3)
    }

    @Test func `are read an entry at a time from any place, in both directions`() throws {
        try fill(10)
        try store.run("UPDATE entry SET dropped_at = '2026-01-01' WHERE id = 'e4'")
        func read(_ place: EntryPlace, backwards: Bool = false, limit: Int = 99) throws -> (ids: [String], isCut: Bool)
        {
            var ids: [String] = []
            let isCut = try store.readEntries(of: id, from: place, backwards: backwards) { entry in
                guard ids.count < limit else { return false }
                ids.append(entry.id.rawValue)
                return true
            }
            return (ids, isCut)
        }
        #expect(try read(.start).ids == [0, 1, 2, 3, 5, 6, 7, 8, 9].map { "e\($0)" })
        #expect(try read(.start, limit: 9) == read(.start) && read(.start, limit: 8).isCut)
        #expect(try read(.end, backwards: true, limit: 2) == (["e9", "e8"], true))
        #expect(try read(.at(EntryID("e8"))).ids == ["e8", "e9"])
        #expect(try read(.beside(EntryID("e4")), backwards: true).ids == ["e3", "e2", "e1", "e0"])
        #expect(try read(.at(EntryID("e4")), limit: 1).ids == ["e5"])
        #expect(try read(.end).ids.isEmpty && read(.start, backwards: true).ids.isEmpty)
        #expect(throws: StoreError.self) { try read(.at(EntryID("none"))) }
        #expect(throws: StoreError.self) { try store.readEntries(of: LocalID("none"), from: .start) { _ in true } }
    }
}
