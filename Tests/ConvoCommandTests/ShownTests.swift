import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoStore

extension OutputStyle {
    /// Without colours and terminal, at a fixed moment, in UTC.
    static let plain = OutputStyle(
        ansi: .plain, width: nil,
        times: LocalTimeFormatter(now: Timestamp(microseconds: 1_790_000_000_000_000)) { _ in 0 })
}

@Suite struct `A message's content` {
    @Test(arguments: [
        (#""hello""#, [Content.Piece.text("hello")]), (#""""#, []), ("null", []),
        (#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, [.text("ab")]),
        (
            #"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"so"}]"#,
            [.thinking("hm"), .text("so")]
        ),
        (#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]"#, [.attachment("image (inline)")]),
        (#"[{"type":"tool_reference","title":"T","url":"https://x"}]"#, [.attachment("T, https://x")]),
        (#"[{"type":"hologram"}]"#, [.attachment("hologram")]), (#"[{}]"#, [.attachment("something unknown")]),
    ])
    func `is read in pieces`(json: String, expected: [Content.Piece]) throws {
        #expect(Content.pieces(try JSONText(json)) == expected)
    }
}

@Suite struct `The results of a search` {
    private func results(_ count: Int, timeZone: String?) -> SearchResults {
        let hit = SearchHit(
            conversation: LocalID("abc"), remoteID: nil, entry: EntryID("m1"), operation: nil, type: .messageInput,
            role: "user", createdAt: nil, conversationName: nil, snippet: Snippet(text: "apple", marks: []), score: 1,
            otherBranches: 0)
        return SearchResults(
            query: "apple on:today", total: count, isTotalExact: true, timeZone: timeZone,
            hits: count == 0 ? [] : [hit])
    }

    private func lines(of results: SearchResults, _ alternatives: [SearchAlternative] = []) -> [String] {
        SearchLayout(results: results, names: .none, numbers: results.hits.map { _ in nil }).lines(.plain, alternatives)
    }

    @Test(
        arguments: [
            (1, nil, "1 found:"), (1, "Asia/Tokyo", "1 found (time zone: Asia/Tokyo):"),
            (2, "NZDT (+13:00)", "2 found, the best 1 (time zone: NZDT (+13:00)):"),
            (0, nil, "Nothing found for \"apple on:today\"."),
            (0, "Asia/Tokyo", "Nothing found for \"apple on:today\" (time zone: Asia/Tokyo)."),
        ] as [(Int, String?, String)])
    func `say the time zone whose days were asked for`(count: Int, zone: String?, expected: String) {
        #expect(lines(of: results(count, timeZone: zone)).first == expected)
    }

    @Test func `offer other queries where nothing was found`() {
        let others = [
            SearchAlternative(kind: .corrected, query: "\u{1B}[1mapply", total: 1, isTotalExact: true),
            SearchAlternative(kind: .withoutConditions, query: "apple", total: 10_000, isTotalExact: false),
        ]
        #expect(
            lines(of: results(0, timeZone: nil), others).dropFirst() == [
                "Did you mean: ␛[1mapply  (1 hit)", "Without its conditions: apple  (more than 10000 hits)",
            ])
        let json = results(0, timeZone: nil).json(others)["alternatives"]?.elements ?? []
        #expect(json.compactMap { $0["kind"]?.string } == ["corrected", "without_conditions"])
        #expect(json.last?["total"]?.text == "10000" && json.last?["total_is_exact"]?.bool == false)
        #expect(results(1, timeZone: nil).json()["alternatives"]?.text == "[]")
    }

    @Test func `tell programs the time zone, or null`() {
        #expect(results(0, timeZone: nil).json()["time_zone"] == .null)
        #expect(results(1, timeZone: "Asia/Tokyo").json()["time_zone"]?.string == "Asia/Tokyo")
    }
}

@Suite struct `The times` {
    @Test func `are said in the person's time zone`() {
        let times = LocalTimeFormatter(now: Timestamp(microseconds: 0)) { _ in 7200 }
        #expect(times.dateAndTime(Timestamp(stored: "2026-10-05T23:45:48.416223Z")) == "2026-10-06 01:45")
        #expect(times.dateAndTime(Timestamp(stored: "not a time")) == "not a time")
    }
}
