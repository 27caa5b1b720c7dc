import ConvoModel
import ConvoStore
import SeededRandom
import Testing

@Suite final class `Any text is a query`: StoreSuite {
    private static let pieces = [
        "word", "\"", "'", "*", "-", "--", "OR", "AND", "NOT", "NEAR(", ")", "(", ":", "role:", "in:", "before:2026-01",
        "since:7d", "after:x", "on:today", "-on:2026-03", "on:7h", "on:", "is:pending", "is:branch", "-is:branch",
        "type:message", "tool:%", "model:_", "^", "+",
        "\u{0}", "\u{7}", "\u{1B}[2J", "\u{FFFD}", "\u{202E}", "日本", "é", "e\u{301}", "🎉", "\\", ";",
        "DROP TABLE entry",
        "{", "}", " ", "\n", "\t", "a_b", "camelCase", "x*", "in:\"a b\"", "before:", "\"\u{308}", "x\"\u{308}y=",
        "in:%\u{308}", "before:99999999999y", "-\"", "0",
    ]

    /// Searches, and allows one error: that a moment cannot be read.
    private func search(_ query: String, order: SearchOrder = .relevance) throws {
        do { _ = try store.search(query, order: order) } catch StoreError.unreadableMoment {}
    }

    @Test func `and finds something or nothing, or asks for a moment that cannot be read`() throws {
        try store.mirror(.sample("conv_1"), [message("m0", "a word 日本 🎉"), message("m1", "another word")])
        let id = try store.conversation(matching: "conv_1").id
        _ = try store.append(AppendRequest(inputs: .text("a pending word")), to: id)
        var generator = SplitMix64(seed: 3)
        for _ in 0..<rounds(1000) {
            let count = Int.random(in: 0...12, using: &generator)
            let query = (0..<count).map { _ in
                Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &generator)]
            }.joined(separator: Bool.random(using: &generator) ? " " : "")
            try search(query, order: Bool.random(using: &generator) ? .date : .relevance)
        }
    }

    @Test func `of random bytes`() throws {
        try store.mirror(.sample("conv_1"), [message("m0", "a word")])
        var generator = SplitMix64(seed: 5)
        for _ in 0..<rounds(500) {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            try search(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: ["word ", "\"", "-a ", "日", "x*", "a OR ", "e\u{301}", "\u{301}", "in:x "])
    func `of a megabyte`(piece: String) throws {
        try store.mirror(.sample("conv_1"), [message("m0", "a word")])
        _ = try store.search(String(repeating: piece, count: (1 << 20) / piece.utf8.count))
    }
}
