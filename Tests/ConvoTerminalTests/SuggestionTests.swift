import Testing

@testable import ConvoTerminal

@Suite struct `A mistyped word` {
    private static let verbs = ["list", "history", "search", "start", "status", "sync", "append", "get"]

    @Test(arguments: [
        ("lsit", "list"), ("histroy", "history"), ("serch", "search"), ("stat", "start"), ("SYNC", "sync"),
        ("appendd", "append"), ("gte", "get"), ("statsu", "status"), ("hsitroy", "history"),
    ])
    func `has the nearest known word`(word: String, nearest: String) {
        #expect(Suggestion.nearest(to: word, among: Self.verbs) == nearest)
    }

    @Test(arguments: ["frobnicate", "x", "", "hstryy", "ap", String(repeating: "list", count: 500)])
    func `has none where nothing is near`(word: String) {
        #expect(Suggestion.nearest(to: word, among: Self.verbs) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ("é", "e", 1),
    ])
    func `is as far away as changes make it the other`(one: String, other: String, distance: Int) {
        #expect(Suggestion.distance(Array(one), Array(other)) == distance)
        #expect(Suggestion.distance(Array(other), Array(one)) == distance)
    }
}
