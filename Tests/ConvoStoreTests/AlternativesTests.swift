import ConvoModel
import Testing

@testable import ConvoStore

@Suite struct `A search that finds nothing` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryStore()
        let texts = [
            "the needle in a haystack", "needles and pins", "needle again", "Straße nach Genève", "東京タワー",
            "noodle soup",
        ]
        try store.mirror(
            .sample("conv_1"),
            texts.enumerated().map { message("m\($0)", $1, role: $0 % 2 == 0 ? "user" : "assistant") })
    }

    private func alternatives(_ query: String) throws -> [String] {
        #expect(try store.search(query).total == 0, "\(query)")
        return try store.alternatives(to: query).map { "\($0.kind.rawValue) \($0.query): \($0.total)" }
    }

    @Test func `offers words of the index that are near, the more frequent one first`() throws {
        #expect(try alternatives("neelde") == ["corrected needle: 2"])
        #expect(try alternatives("needlex") == ["corrected needle: 2", "corrected needles: 1"])
        #expect(try alternatives("Genevve") == ["corrected geneve: 1"])
        #expect(try alternatives("strase") == ["corrected strasse: 1"])
        #expect(try alternatives("haystacckx") == ["corrected haystack: 1"], "two letters")
        #expect(try alternatives("zebra").isEmpty && alternatives("nee").isEmpty && alternatives("ne").isEmpty)
        #expect(try alternatives("東西").isEmpty, "parts of a script without spaces have no near ones")
        #expect(try alternatives("neelde*").isEmpty)
        #expect(try alternatives("").isEmpty && alternatives("role:tool").isEmpty)
    }

    @Test func `keeps the rest of the query`() throws {
        #expect(try alternatives("the haystakc") == ["corrected the haystack: 1"])
        #expect(try alternatives("neelde -again") == ["corrected needle -again: 1"])
        #expect(try alternatives("neelde OR zebra") == ["corrected needle OR zebra: 2"])
        #expect(try alternatives("\"neelde in a\"") == ["corrected \"needle in a\": 1"])
        #expect(try alternatives("neelde OR … haystack") == ["corrected needle haystack: 1"])
        #expect(try alternatives("role:user haystakc \"needle in") == ["corrected haystack \"needle in\" role:user: 1"])
        #expect(try alternatives("neelde haystakc") == ["corrected needle haystack: 1"])
        #expect(try alternatives("a b c neelde haystakc x y pinss agian").isEmpty)
        #expect(try alternatives("neelde role:user") == ["corrected needle role:user: 2"])
    }

    @Test func `offers the query without its conditions`() throws {
        #expect(try alternatives("pins role:user") == ["without_conditions pins: 1"])
        #expect(try alternatives("soup before:2000 -in:x") == ["without_conditions soup: 1"])
        #expect(try alternatives("zebra role:user").isEmpty)
        #expect(throws: StoreError.self) { try store.alternatives(to: "pins on:someday") }
    }

    @Test func `offers nothing that the index has no words for`() throws {
        let empty = try TemporaryStore()
        #expect(try empty.store.alternatives(to: "needle").isEmpty)
        let read = try Store(path: store.path, environment: .live, busyTimeoutSeconds: 1, isReadOnly: true)
        #expect(try read.alternatives(to: "neelde").map(\.query) == ["needle"])
    }
}
