import ConvoModel
import ConvoStore
import Testing

@Suite struct `A search` {
    private func house(_ texts: [String]) throws -> TemporaryStore {
        let house = try TemporaryStore()
        let entries = texts.enumerated().map { message("m\($0)", $1) }
        try house.store.mirror(.sample("conv_1"), entries)
        return house
    }

    @Test(arguments: [
        ("resume", "my résumé is here"), ("RÉSUMÉ", "a resume"), ("日本", "これは日本語です"), ("語", "日本語"), ("語で", "日本語で"),
        ("한국", "대한국민"), ("สวัส", "สวัสดีครับ"), ("snake_case", "use snake_case now"), ("case", "use snake_case now"),
        ("camel", "the camelCaseName"), ("camelCaseName", "the camelCaseName"), ("name", "the camelCaseName"),
        ("server", "an HTTPServer"), ("http", "an HTTPServer"), ("foo.bar()", "call foo.bar() twice"),
        ("--flag", "pass --flag"),
        ("a@b.example", "mail a@b.example"), ("🎉", "done 🎉 yes"), ("pre*", "prefixes"),
        ("\"two words\"", "two words here"),
        ("gone OR here", "is here"), ("Straße", "die straße"),
    ])
    func `finds`(query: String, text: String) throws {
        let house = try house(["nothing of that", text])
        let results = try house.store.search(query)
        #expect(results.hits.compactMap(\.entry?.rawValue) == ["m1"], "\(query)")
        #expect(results.hits.first?.snippet.marks.isEmpty == false, "\(query)")
    }

    @Test func `leaves out what is excluded`() throws {
        let house = try house(["apple pie", "apple tart"])
        #expect(try house.store.search("apple -pie").hits.map(\.entry?.rawValue) == ["m1"])
    }

    @Test(arguments: [
        "", "\"", "\"\"", "*", "-", "OR", "NOT", "a AND", "(", "NEAR(", "col:x", "^", "\u{0}", "' OR 1=1", "{", "\\",
        "-\"x", "😀*",
    ])
    func `takes anything a person types`(query: String) throws {
        _ = try house(["some text"]).store.search(query)
    }

    @Test func `finds what is queued, and it is gone from the index when cancelled`() throws {
        let house = try house(["first"])
        let id = try house.store.conversation(matching: "conv_1").id
        let write = try house.store.append(AppendRequest(inputs: .text("pending zebra")), to: id)
        #expect(try house.store.search("zebra").hits.first?.operation == write.operation)
        _ = try house.store.cancel(write.operation)
        #expect(try house.store.search("zebra").total == 0)
        try house.store.checkIntegrity()
    }

    @Test func `marks the words in a snippet cut from the middle`() throws {
        let long =
            String(repeating: "lorem ipsum ", count: 50) + "the Needle stands "
            + String(repeating: "dolor sit ", count: 50)
        let house = try house([long])
        let snippet = try #require(try house.store.search("needle").hits.first?.snippet)
        let scalars = Array(snippet.text.unicodeScalars)
        let marked = snippet.marks.map { String(String.UnicodeScalarView(scalars[$0])) }
        #expect(marked == ["Needle"])
        #expect(snippet.text.hasPrefix("…") && snippet.text.hasSuffix("…"))
    }
}
