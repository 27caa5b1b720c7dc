import ConvoModel
import ConvoStore
import Testing

@Suite struct `A search for days` {
    /// Messages around the ends of 2026-03-11 in Auckland, where it lasts from 11:00 to 11:00 in UTC.
    private func temporary(_ zone: LocalTimeZone = .auckland) throws -> TemporaryStore {
        let temporary = try TemporaryStore(zone: zone)
        temporary.clock.set("2026-03-11T10:30:00Z")
        let moments = [
            "2026-03-10T10:59:59.999999Z", "2026-03-10T11:00:00Z", "2026-03-11T10:59:59.999999Z",
            "2026-03-11T11:00:00Z",
        ]
        try temporary.store.mirror(
            .sample("conv_1"),
            moments.enumerated().map { number, moment in
                message("m\(number)", "an apple").replacing("2026-01-01T00:00:00.000000Z", with: moment)
            })
        return temporary
    }

    @Test(
        arguments: [
            ("apple on:2026-03-11", ["m1", "m2"]), ("apple -on:2026-03-11", ["m0", "m3"]),
            ("on:2026-03-11", ["m1", "m2"]),
            ("apple on:today", ["m1", "m2"]), ("apple -on:today", ["m0", "m3"]), ("apple on:yesterday", ["m0"]),
            ("apple on:1d", ["m0"]), ("apple On:\"2026-03-12\"", ["m3"]),
            ("apple on:2026-03", ["m0", "m1", "m2", "m3"]),
            ("apple on:2025", []), ("apple before:2026-03-11", ["m0"]), ("apple before:today", ["m0"]),
            ("apple -before:today", ["m1", "m2", "m3"]), ("apple after:2026-03-11", ["m1", "m2", "m3"]),
            ("apple since:today", ["m1", "m2", "m3"]), ("apple after:2026-03-12", ["m3"]),
            ("apple after:2026-03-11 before:2026-03-12", ["m1", "m2"]),
            ("apple after:2026-03-12T00:00", ["m3"]), ("apple after:2026-03-12T00:00Z", []),
            ("apple before:\"2026-03-11 00:00\"", ["m0"]), ("apple since:12h", ["m2", "m3"]),
            ("\"on:today\"", []), ("apple -\"on:tomorow\"", ["m0", "m1", "m2", "m3"]),
        ] as [(String, [String])])
    func `finds what was said on them in the zone`(query: String, expected: [String]) throws {
        let results = try temporary().store.search(query)
        #expect(results.hits.compactMap(\.entry?.rawValue).sorted() == expected, "\(query)")
        #expect(results.total == expected.count)
    }

    @Test func `finds other messages in another zone`() throws {
        #expect(try temporary(.utc).store.search("apple on:today").hits.count == 2)
        #expect(try temporary(.losAngeles).store.search("apple before:2026-03-11").hits.count == 2)
    }

    @Test func `finds a queued write on the day on which it was accepted`() throws {
        let temporary = try temporary()
        let id = try temporary.store.conversation(matching: "conv_1").id
        for (moment, text) in [("2026-03-11T10:59:59.9999995Z", "first"), ("2026-03-11T11:00:00Z", "second")] {
            temporary.clock.set(moment)
            _ = try temporary.store.append(AppendRequest(inputs: .text(text)), to: id)
        }
        func found(_ query: String) throws -> [String] { try temporary.store.search(query).hits.map(\.snippet.text) }
        #expect(try found("is:pending on:2026-03-11") == ["first"])
        #expect(try found("is:pending on:today") == ["second"])
        #expect(try found("is:pending before:2026-03-12") == ["first"])
    }

    @Test(
        arguments: [
            ("apple", nil), ("apple since:7d", nil), ("apple after:2026-03-11T10:00Z", nil), ("", nil),
            ("\"on:today\"", nil),
            ("apple on:today", "Pacific/Auckland"), ("apple -before:2026", "Pacific/Auckland"),
            ("on:7d", "Pacific/Auckland"),
            ("apple after:2026-03-11T10:00", "Pacific/Auckland"), ("since:7d before:today", "Pacific/Auckland"),
        ] as [(String, String?)])
    func `says in which zone, if the query asks for a local day or time`(query: String, expected: String?) throws {
        #expect(try temporary().store.search(query).timeZone == expected)
        #expect(try temporary().store.search(query, limit: 0).timeZone == expected)
    }
}

@Suite struct `A moment that cannot be read in a query` {
    private func error(_ query: String) throws -> String? {
        let store = try TemporaryStore().store
        return #expect(throws: StoreError.self) { try store.search(query) }?.description
    }

    @Test(arguments: [
        ("apple before:tomorow", #""tomorow" in "before:tomorow" is not a date, a time or an amount of time"#),
        ("After:2026-13-45", #""2026-13-45" in "After:2026-13-45" is a date that does not exist"#),
        ("-on:2026-02-30", #""2026-02-30" in "-on:2026-02-30" is a date that does not exist"#),
        ("since:2026-03-11T25:00", #""2026-03-11T25:00" in "since:2026-03-11T25:00" is a time that does not exist"#),
        ("since:", #"there is no date or time behind the colon of "since:""#),
        ("on:\"\" apple", #"there is no date or time behind the colon of "on:""#),
        ("on:\"11 March\"", #""11 March" in "on:11 March" is not a date, a time or an amount of time"#),
        ("on:12h", #""12h" in "on:12h" is not a whole day, month or year"#),
        ("before:999999y", #""999999y" in "before:999999y" is too far back: the number may be 100000 at most"#),
        ("apple OR on:x", #""x" in "on:x" is not a date, a time or an amount of time"#),
    ])
    func `is an error that names it`(query: String, expected: String) throws {
        #expect(try error(query) == expected)
    }

    @Test func `is named in part if it is long`() throws {
        let text = try #require(try error("before:" + String(repeating: "x", count: 3000)))
        #expect(text.count < 250)
    }

    @Test(arguments: [
        "\"before:tomorow\"", "-\"on:x\"", "foo:bar", "https://example.com/on:x", "is:", "role:", "onward:x", "on",
        "x on : y",
        "\"before:",
    ])
    func `is only that of a field of time`(query: String) throws {
        #expect(try TemporaryStore().store.search(query).hits.isEmpty)
    }
}
