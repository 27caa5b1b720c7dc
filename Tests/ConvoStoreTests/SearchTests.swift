import ConvoModel
import ConvoStore
import Testing

@Suite struct `A search` {
    private func temporary(_ texts: [String]) throws -> TemporaryStore {
        let temporary = try TemporaryStore()
        let entries = texts.enumerated().map { message("m\($0)", $1) }
        try temporary.store.mirror(.sample("conv_1"), entries)
        return temporary
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
        let temporary = try temporary(["nothing of that", text])
        let results = try temporary.store.search(query)
        #expect(results.hits.compactMap(\.entry?.rawValue) == ["m1"], "\(query)")
        #expect(results.hits.first?.snippet.marks.isEmpty == false, "\(query)")
    }

    @Test func `leaves out what is excluded`() throws {
        let temporary = try temporary(["apple pie", "apple tart"])
        #expect(try temporary.store.search("apple -pie").hits.map(\.entry?.rawValue) == ["m1"])
    }

    @Test(arguments: [
        "", "\"", "\"\"", "*", "-", "OR", "NOT", "a AND", "(", "NEAR(", "col:x", "^", "\u{0}", "' OR 1=1", "{", "\\",
        "-\"x", "😀*",
    ])
    func `takes anything a person types`(query: String) throws {
        _ = try temporary(["some text"]).store.search(query)
    }

    @Test func `finds what is queued, and it is gone from the index when cancelled`() throws {
        let temporary = try temporary(["first"])
        let id = try temporary.store.conversation(matching: "conv_1").id
        let write = try temporary.store.append(AppendRequest(inputs: .text("pending zebra")), to: id)
        #expect(try temporary.store.search("zebra").hits.first?.operation == write.operation)
        _ = try temporary.store.cancel(write.operation)
        #expect(try temporary.store.search("zebra").total == 0)
        try temporary.store.checkIntegrity()
    }

    @Test func `marks the words in a snippet cut from the middle`() throws {
        let long =
            String(repeating: "lorem ipsum ", count: 50) + "the Needle stands "
            + String(repeating: "dolor sit ", count: 50)
        let temporary = try temporary([long])
        let snippet = try #require(try temporary.store.search("needle").hits.first?.snippet)
        let scalars = Array(snippet.text.unicodeScalars)
        let marked = snippet.marks.map { String(String.UnicodeScalarView(scalars[$0])) }
        #expect(marked == ["Needle"])
        #expect(snippet.text.hasPrefix("…") && snippet.text.hasSuffix("…"))
    }
}
