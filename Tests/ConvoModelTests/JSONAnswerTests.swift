import ConvoJSON
import ConvoModel
import Testing

private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

@Suite struct `An answer with an odd element` {
    private static let before = #"{"type":"message.input","id":"b","content":"before"}"#
    private static let after = #"{"type":"message.output","id":"a","content":"after"}"#

    private func history(_ element: [UInt8]) throws -> ConversationHistory {
        let (start, end) = (#"{"conversation_id":"c","entries":[\#(Self.before),"#, ",\(Self.after)]}")
        return try ConversationHistory(JSONAnswer(Array(start.utf8) + element + Array(end.utf8)))
    }

    @Test(arguments: [498, 499, 500, 501, 600, 200_000])
    func `gives the others, however deep that is:`(_ depth: Int) throws {
        let element = #"{"type":"message.input","id":"d","content":\#(nested(depth - 1))}"#
        let history = try history(Array(element.utf8))
        if depth <= JSONText.depthLimit {
            #expect(history.entries.map(\.raw.text) == [Self.before, element, Self.after])
            #expect(history.oddItems.isEmpty)
        } else {
            #expect(history.entries.map(\.raw.text) == [Self.before, Self.after])
            #expect(history.oddItems.map(\.position) == [1])
            #expect(history.oddItems.map(\.id) == ["d"])
            #expect(history.oddItems.map(\.raw) == [nil])
            #expect(history.oddItems.allSatisfy { $0.reason.contains("500") && !$0.isTakenIn })
        }
    }

    @Test(arguments: [[0xE9], [0xED, 0xA0, 0xBD], [0xF0, 0x9F, 0x8E], [0xFF, 0xFE], [0xC0, 0x80]] as [[UInt8]])
    func `gives all of them, and names the one whose bytes are no UTF-8:`(_ bytes: [UInt8]) throws {
        let element = Array(#"{"type":"message.input","id":"l","content":"caf"#.utf8) + bytes + Array(#"é"}"#.utf8)
        let history = try history(element)
        #expect(history.entries.count == 3)
        let text = try #require(history.entries[1].raw["content"]?.string)
        #expect(text.hasPrefix("caf\u{FFFD}") && text.hasSuffix("é"))
        #expect(history.entries[0].raw.text == Self.before && history.entries[2].raw.text == Self.after)
        #expect(history.oddItems.map(\.position) == [1])
        #expect(history.oddItems.map(\.id) == ["l"])
        #expect(history.oddItems.allSatisfy { $0.isTakenIn && $0.raw == nil })
        #expect(throws: Never.self) { try JSONText(history.entries[1].raw.text) }
    }

    @Test func `names no element for bytes that stand beside the list`() throws {
        let bytes = Array(#"{"x":"caf"#.utf8) + [0xE9] + Array(#"","conversation_id":"c","entries":[{}]}"#.utf8)
        let history = try ConversationHistory(JSONAnswer(bytes))
        #expect(history.entries.count == 1)
        #expect(history.oddItems.isEmpty)
    }

    @Test func `gives the rest of a page, which counts it`() throws {
        let row = #"{"id":"c"}"#
        let text = #"[\#(row),{"id":"d","x":\#(nested(500))},{"id":"e","name":"caf"#
        let bytes = Array(text.utf8) + [0xE9] + Array(#""},{"id":null},\#(row)]"#.utf8)
        let page = try ConversationPage(JSONAnswer(bytes))
        #expect(page.conversations.map(\.id.rawValue) == ["c", "e", "c"])
        #expect(page.conversations[1].name == "caf\u{FFFD}")
        #expect(page.oddItems.map(\.position) == [1, 2, 3])
        #expect(page.oddItems.map(\.isTakenIn) == [false, true, false])
        #expect(page.lostCount == 2)
        #expect(page.count == 5)
    }

    @Test func `keeps what can be kept of a response`() throws {
        let deep = #"{"type":"message.output","content":\#(nested(600))}"#
        func response(_ text: String) throws -> ConversationResponse {
            try ConversationResponse(JSONAnswer(Array(text.utf8)))
        }
        let kept = try response(#"{"conversation_id":"c","outputs":[\#(deep),\#(Self.after)],"usage":{}}"#)
        #expect(kept.outputs.map(\.raw.text) == [Self.after])
        #expect(kept.oddItems.map(\.position) == [0])
        #expect(kept.raw.text == #"{"conversation_id":"c","outputs":[\#(Self.after)],"usage":{}}"#)
        #expect(throws: ModelError.self) {
            try response(#"{"conversation_id":"c","outputs":[],"usage":\#(nested(600))}"#)
        }
    }

    @Test(arguments: ["", "[", "[1,]", "{\"a\":}", "[\"\u{1}\"]", "[1]]"])
    func `is still JSON, or none:`(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONAnswer(Array(text.utf8)) }
    }
}
