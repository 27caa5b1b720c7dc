import ConvoModel
import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `The order of a search` {
    /// A store with one entry a minute, each with the texts' next one, up to the last minute of 2026.
    private func temporary(_ texts: [String], year: Int = 2026) throws -> TemporaryStore {
        let temporary = try TemporaryStore()
        let end = try #require(Timestamp("\(year + 1)-01-01T00:00:00Z")).microseconds
        let entries = texts.enumerated().map { place, text in
            let moment = Timestamp(microseconds: end - Int64(texts.count - place) * 60_000_000)
            return message("m\(place)", text, role: place % 2 == 0 ? "user" : "assistant")
                .replacing("2026-01-01T00:00:00.000000Z", with: moment.text)
        }
        try temporary.store.mirror(.sample("conv_1"), entries)
        return temporary
    }

    private func found(_ store: Store, _ query: String, limit: Int = 20) throws -> [String] {
        try store.search(query, limit: limit).hits.compactMap(\.entry?.rawValue)
    }

    private static let filler = String(repeating: "lorem ipsum dolor ", count: 20)

    @Test(arguments: ["needle", "needle lorem", "needle role:user", "needle since:10y"])
    func `begins with the best hit, though more than a thousand are newer`(query: String) throws {
        var texts = Array(repeating: Self.filler + "needle", count: 1500)
        texts[0] = "lorem needle needle needle"
        #expect(try found(temporary(texts).store, query).first == "m0")
    }

    @Test func `begins with the best hit of more than are counted`() throws {
        var texts = Array(repeating: "a needle", count: 10_100)
        texts[10] = "needle needle needle"
        let results = try temporary(texts).store.search("needle")
        #expect(results.hits.first?.entry?.rawValue == "m10")
        #expect(results.total == 10_000 && !results.isTotalExact)
    }

    @Test func `is by age where hits are equally good`() throws {
        // Of what is still to come, nothing has faded.
        let store = try temporary(Array(repeating: "a needle", count: 300), year: 2090).store
        #expect(try found(store, "needle", limit: 250) == (50..<300).reversed().map { "m\($0)" })
    }

    @Test(arguments: ["a", "a b", "a OR b", "a OR d", "b -c", "\"a b\"", "c*", "a role:user", "a b c OR d"])
    func `is the same with any limit`(query: String) throws {
        var random = SplitMix64(seed: 7)
        let texts = (0..<900).map { _ in
            (0...random.int(in: 0...40)).map { _ in random.element(of: ["a", "a", "a", "b", "b", "c", "cc", "d"]) ?? ""
            }
            .joined(separator: " ")
        }
        let store = try temporary(texts).store
        let all = try found(store, query, limit: 1000)
        #expect(all.count > 100)
        for limit in [1, 3, 20, 21, 60] { #expect(try found(store, query, limit: limit) == Array(all.prefix(limit))) }
    }

    @Test func `puts a rare word before a frequent one`() throws {
        var texts = Array(repeating: "frequent word", count: 200)
        texts[0] = "rare word"
        #expect(try found(temporary(texts).store, "frequent OR rare").first == "m0")
    }

    @Test(arguments: [SearchOrder.relevance, .date])
    func `goes on behind a message that hundreds of branches share`(order: SearchOrder) throws {
        let temporary = try temporary(["a needle in a longer text"])
        for branch in 0..<150 {
            let shared = message("shared", "needle").replacing("2026-01-01", with: "2026-12-31")
            try temporary.store.mirror(.sample("branch_\(branch)"), [shared])
        }
        let hits = try temporary.store.search("needle", limit: 3, order: order).hits
        #expect(Set(hits.compactMap(\.entry?.rawValue)) == ["shared", "m0"])
    }
}

@Suite struct `What a ranking rests on` {
    @Test func `the best scores are the highest`() {
        var random = SplitMix64(seed: 3)
        let scores = (0..<500).map { _ in Double(random.int(in: 0...200)) }
        var best = BestScores(limit: 20)
        for score in scores where best.admits(score) { best.insert(score) }
        #expect(best.heap.sorted() == scores.sorted().suffix(20))
        #expect(best.heap.first == best.heap.min())
    }

    @Test func `with no limit every score is admitted`() {
        var best = BestScores(limit: 0)
        best.insert(5)
        #expect(best.admits(-1) && best.heap.isEmpty)
    }

    @Test(arguments: [(limit: 1000, expected: 400.0), (limit: 401, expected: 400), (limit: 100, expected: 400)])
    func `the newest hits tell how frequent a word is`(limit: Int, expected: Double) throws {
        let temporary = try TemporaryStore()
        let start = try #require(Timestamp("2026-01-01T00:00:00Z")).microseconds
        let entries = (0..<400).map { place in
            message("m\(place)", "word").replacing(
                "2026-01-01T00:00:00.000000Z",
                with: Timestamp(microseconds: start + Int64(place) * 60_000_000).text)
        }
        try temporary.store.mirror(.sample("conv_1"), entries)
        let frequency = try temporary.store.read { database in
            try Search.frequency(database, of: "\"word\"", rows: 5000, limit: limit)
        }
        #expect(abs(frequency - expected) < 5)
    }
}
