import ConvoJSON
import ConvoModel
import ConvoStore
import Fuzzing
import SeededRandom
import Testing

@testable import ConvoMCP

@Suite struct `Texts of old conversations` {
    private static let pieces = [
        "\n", "\r", "\r\n", "\u{2028}", "\u{2029}", "\u{85}", "\u{B}", "\u{C}", "| ", "|", "End of the conversation.",
        "\u{1B}[2J", "\u{7}",
        QuotedText.notice, "#1 message.input, user", "There is more: call append", "\"}", "\\", "</data>", "\u{202E}",
        "\u{E0041}", "x", " ",
        "\u{301}", "\u{200D}", "\u{0}", "conversation abc, updated", "𝕏", "\t",
    ]

    private static func text(_ random: inout SplitMix64) -> String {
        (0..<random.int(in: 0...8)).map { _ in pieces[random.int(in: 0...pieces.count - 1)] }.joined()
    }

    /// What of the results is ours, for a store whose every text is made by `make`.
    private func outline(_ make: () -> String) throws -> (ours: [String], all: [JSONText]) {
        let agent = try AgentStore()
        let id = try agent.add(
            1, name: "n" + make(),
            entries: [(id: "a", text: "word " + make()), (id: "b", text: make()), (id: "c", text: "word")])
        try agent.store.rename(id, to: "local")
        let results = [
            try agent.call("list_conversations"), try agent.call("search", [("query", .string("word"))]),
            try agent.call("get_entries", [("conversation", .string(id.rawValue))]),
            try agent.call("get_tree", [("conversation", .string(id.rawValue))]),
        ]
        let ours = results.flatMap { $0.shown.split(separator: "\n").map(String.init) }.filter {
            !$0.utf8.starts(with: QuotedText.sign.utf8)
        }
        return (ours.map { $0.replacing(id.rawValue, with: "ID") }.sorted(), results)
    }

    @Test func `never become a line of ours, whatever they hold`() throws {
        var random = SplitMix64(seed: 21)
        let plain = try outline { "harmless" }.ours
        for _ in 0..<30 {
            let (ours, results) = try outline { Self.text(&random) }
            #expect(ours == plain)
            for result in results {
                #expect(
                    result.shown.hasPrefix(QuotedText.notice + "\n")
                        && result.structured["notice"]?.string == QuotedText.noticeOfJSON)
                let whole = result.shown + result.text
                #expect(
                    !whole.unicodeScalars.contains {
                        $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7F..<0xA0).contains($0.value)
                            || $0.value == 0x202E
                    })
            }
        }
    }

    @Test func `have odd ids, types and roles without harm`() throws {
        let agent = try AgentStore()
        let evil = "x\n| y\u{1B}[2J"
        let id = try agent.add(
            1,
            entries: [
                (id: evil, text: "word"), (id: String(repeating: "i", count: 3000), text: "word"),
                (id: "c", text: "word"),
            ])
        let result = try agent.call("get_entries", [("conversation", .string(id.rawValue)), ("characters", .int(4))])
        #expect(result.structured["entries"]?.elements.count == 1)
        let next = try agent.call(
            "get_entries", [("conversation", .string(id.rawValue)), ("cursor", result.structured["next_cursor"])])
        #expect((next.structured["entries"]?.elements ?? []).compactMap { $0["number"]?.int } == [2, 3])
        let back = try agent.call(
            "get_entries", [("conversation", .string(id.rawValue)), ("from", .string("end")), ("characters", .int(8))])
        let before = try agent.call(
            "get_entries", [("conversation", .string(id.rawValue)), ("cursor", back.structured["previous_cursor"])])
        #expect((before.structured["entries"]?.elements ?? []).compactMap { $0["number"]?.int } == [1])
    }

    @Test func `show no secret of a signed link`() throws {
        let agent = try AgentStore()
        let link =
            "https://files.example/x.png?X-Amz-Signature=5f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c1f0c"
        let id = try agent.add(1, name: link, ["see \(link) there"])
        for result in [
            try agent.call("get_entries", [("conversation", .string(id.rawValue))]),
            try agent.call("list_conversations"),
        ] {
            #expect(!result.text.contains("5f0c1f"))
        }
    }

    @Test func `take no more tokens than a result may have, in any script`() throws {
        var random = SplitMix64(seed: 5)
        for round in 0..<4 {
            let agent = try AgentStore()
            for number in 1...40 {
                try agent.add(
                    number, name: Scripts.text(300, &random),
                    ["word " + Scripts.text(400, &random), Scripts.text(20_000, &random)])
            }
            let results = [
                try agent.call("list_conversations", [("limit", .int(100))]),
                try agent.call("search", [("query", .string("word")), ("limit", .int(100))]),
                try agent.call("get_entries", [("conversation", .string("conv_1_"))]),
                try agent.call(
                    "get_entries", [("conversation", .string(try agent.store.localID(matching: "conv_40").rawValue))]),
            ]
            for result in results {
                #expect(result.tokens <= TokenEstimate.resultLimit, "round \(round): \(result.tokens)")
            }
            let list = try agent.result("resources/list")
            #expect(TokenEstimate.tokens(in: list.text) <= TokenEstimate.resultLimit)
        }
    }

    @Test func `and lines that are damaged bring no crash, and one line for an answer`() throws {
        let agent = try AgentStore(allowsWrites: true)
        try agent.add(1, ["word one", "word two"])
        let cursor = Cursor("1", of: "search?x").text
        let calls = [
            #""name":"search","arguments":{"query":"word role:user","limit":3,"sort":"date","cursor":"\#(cursor)"}"#,
            #""name":"get_entries","arguments":{"conversation":"conv_1","around":"1","characters":5}"#,
            #""name":"list_conversations","arguments":{"since":"7d","sort":"name","branches":false}"#,
            #""name":"get_tree","arguments":{"conversation":"conv_1"}"#,
            #""name":"append","arguments":{"conversation":"conv_1","text":"x"}"#,
            #""name":"start","arguments":{"text":"x","model":"m","name":"n"}"#,
        ].map { #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{\#($0),\#(AgentStore.meta)}}"# }
        let others = [
            #"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-03-26"}}"#,
            #"{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"convo://conversation/x?cursor=y",\#(AgentStore.meta)}}"#,
            #"{"jsonrpc":"2.0","id":3,"method":"resources/list","params":{"cursor":"MXww",\#(AgentStore.meta)}}"#,
            #"[{"jsonrpc":"2.0","id":4,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}]"#,
        ]
        var mutator = Mutator(seed: 3)
        var run = FuzzRun(standard: 1000)
        while run.next() {
            let original = (calls + others)[run.number % (calls.count + others.count)]
            for line in agent.lines(mutator.mutate(Array(original.utf8)) + [0x0A]) {
                let json = try JSONText(line)
                for answer in json.kind == .array ? json.elements : [json] {
                    #expect(answer["jsonrpc"]?.string == "2.0" && (answer["result"] != nil) != (answer["error"] != nil))
                }
            }
        }
        #expect(run.isBounded)
        if let summary = run.summary { print("MCP lines: \(summary)") }
    }

    @Test func `and no cursor that is made up brings a crash`() throws {
        let agent = try AgentStore()
        let id = try agent.add(1, ["one", "two"])
        for place in [
            "", " ", "after", "after =", "after =nope", "at 1", "at -1 =a", "at x =a", "at 99999999999999999999 =a",
            "before #0", "before #x", "-1", "1 1", "0 0", "99999 5", "x y",
        ] {
            for (tool, subject) in [
                ("get_entries", id.rawValue), ("get_tree", id.rawValue), ("list_conversations", ""),
                ("search", "query=\"x\""),
            ] {
                var arguments: [(String, JSONText?)] = [
                    ("cursor", .string(Cursor(place, of: "\(tool)?\(subject)").text))
                ]
                if tool.hasPrefix("get") { arguments.append(("conversation", .string(id.rawValue))) }
                if tool == "search" { arguments.append(("query", .string("x"))) }
                _ = try agent.call(tool, arguments)
            }
        }
        #expect(
            try agent.call(
                "get_entries",
                [("conversation", .string(id.rawValue)), ("entry", .string("#1")), ("offset", .int(.max))]
            ).structured["entries"] != nil)
    }
}

@Suite struct `A cursor` {
    @Test func `is read as it was written, and no other text is one`() {
        var random = SplitMix64(seed: 9)
        for length in 0..<50 {
            let place = Scripts.text(length, &random)
            let cursor = Cursor(place, of: "x")
            #expect(Cursor(cursor.text) == cursor && Cursor(cursor.text)?.place == place)
            #expect(cursor.belongs(to: "x") && !cursor.belongs(to: "y"))
            #expect(AgentText.word(String(cursor.text.prefix(64))) != nil)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decoded(Base64URL.encoded(bytes)) == bytes)
        }
        for text in ["", "x", "MQ==", "MXx8", "é", "MX x8"] { #expect(Cursor(text)?.place != "x") }
    }
}
