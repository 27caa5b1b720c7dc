import ConvoModel
import ConvoStore
import Testing

@Suite final class `A field of a query`: StoreSuite {
    override init() throws {
        try super.init()
        try store.mirror(
            .sample("conv_1"),
            [
                dated("m0", "an apple", "user", "2025-01-01T00:00:00Z"),
                dated("m1", "one apple", "assistant", "2026-01-15T00:00:00Z"),
                #"{"type":"tool.execution","id":"t0","name":"web_search","arguments":"apple","created_at":"2026-02-01T00:00:00Z"}"#,
            ])
        try store.mirror(.sample("conv_2"), [dated("m2", "green apple", "user", "2026-03-01T00:00:00Z")])
        let id = try store.conversation(matching: "conv_2").id
        _ = try store.append(AppendRequest(inputs: .text("red apple")), to: id)
    }

    private func dated(_ id: String, _ text: String, _ role: String, _ moment: String) -> String {
        message(id, text, role: role).replacing("2026-01-01T00:00:00.000000Z", with: moment)
    }

    @Test(
        arguments: [
            ("apple role:user", ["m0", "m2", "op"]), ("apple -role:user", ["m1", "t0"]),
            ("apple type:message.output", ["m1"]),
            ("apple type:tool", ["t0"]), ("apple tool:web", ["t0"]), ("apple in:conv_2", ["m2", "op"]),
            ("apple in:\"Name of conv_2\"", ["m2", "op"]), ("apple -in:conv_2", ["m0", "m1", "t0"]),
            ("apple before:2026 role:user", ["m0"]), ("apple after:2026-01-10 before:2026-02", ["m1"]),
            ("apple is:pending", ["op"]), ("apple -is:pending", ["m0", "m1", "m2", "t0"]), ("apple is:branch", []),
            ("apple model:mistral-small", ["m0", "m1", "m2", "op", "t0"]), ("apple model:other", []),
            ("type:tool", ["t0"]), ("is:pending", ["op"]), ("before:2025-06", ["m0"]),
            ("role: apple", []), ("apple onto:never", []), ("-green apple role:user", ["m0", "op"]),
        ] as [(String, [String])])
    func `narrows what is found`(query: String, expected: [String]) throws {
        let hits = try store.search(query).hits
        #expect(
            hits.map { $0.entry?.rawValue ?? ($0.operation == nil ? "name" : "op") }.sorted() == expected, "\(query)")
    }

    @Test func `counts what it found`() throws {
        let results = try store.search("apple role:user")
        #expect(results.total == 3 && results.isTotalExact)
    }

    @Test func `orders by date on request`() throws {
        let hits = try store.search("apple -is:pending", order: .date).hits
        #expect(hits.map(\.entry?.rawValue) == ["m2", "t0", "m1", "m0"])
    }
}

@Suite final class `What a search shows`: StoreSuite {
    @Test func `a conversation whose name holds the words comes first`() throws {
        try store.mirror(.sample("conv_1"), [message("m0", "the name of it")])
        let hits = try store.search("name").hits
        #expect(hits.map(\.type) == [.conversationName, .messageInput])
        #expect(hits.first?.snippet.text == "Name of conv_1")
    }

    @Test func `a message that branches share comes once, with their number`() throws {
        for branch in 1...3 {
            try store.mirror(
                .sample("conv_\(branch)", created: "2026-01-0\(branch)T00:00:00Z"),
                [message("m0", "shared words"), message("own_\(branch)", "other")])
        }
        let hits = try store.search("shared").hits
        #expect(hits.map(\.entry?.rawValue) == ["m0"])
        #expect(hits.map(\.otherBranches) == [2])
    }
}
