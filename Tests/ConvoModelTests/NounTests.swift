import ConvoJSON
import ConvoModel
import Testing

@Suite struct `A noun of the API` {
    @Test func `needs what identifies it, and keeps the rest as it came`() throws {
        let text =
            #"{"id":"conv_1","created_at":"2026-06-29T14:13:28Z","updated_at":"2026-06-29T14:13:29Z","x":1.0,"agent_id":"ag"}"#
        let conversation = try Conversation(raw: JSONText(text))
        #expect(conversation.raw.text == text)
        #expect(conversation.agentID == "ag")
        #expect(conversation.model == nil)
        for id in [nil, .null, .int(1), .string(""), .string("a\u{0}")] as [JSONText?] {
            #expect(throws: ModelError.missing(field: "id", in: "conversation")) {
                try Conversation(raw: JSONText(text).setting("id", to: id))
            }
        }
    }

    static let times: [(created: String, updated: String, version: String, createdAt: String, updatedAt: String)] = [
        (
            "\"2026-06-29T14:13:28.5Z\"", "\"2026-06-29T16:13:29+02:00\"", "2026-06-29T16:13:29+02:00",
            "2026-06-29T14:13:28.5Z", "2026-06-29T16:13:29+02:00"
        ),
        (
            "\"2026-06-29T14:13:28\"", "\"2026-06-29T14:13:29.5+0000\"", "2026-06-29T14:13:29.5+0000",
            "2026-06-29T14:13:28.000000Z", "2026-06-29T14:13:29.500000Z"
        ),
        ("1762077600", "1762077600.25", "1762077600.25", "2025-11-02T10:00:00.000000Z", "2025-11-02T10:00:00.250000Z"),
        ("\"2026-06-29T14:13:28Z\"", "null", "null", "2026-06-29T14:13:28Z", "2026-06-29T14:13:28Z"),
        ("\"yesterday\"", "\"today\"", "today", "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"),
        ("[]", "\"2026-06-29T14:13:28Z\"", "2026-06-29T14:13:28Z", "2026-06-29T14:13:28Z", "2026-06-29T14:13:28Z"),
    ]

    @Test(arguments: times.indices)
    func `is a conversation whatever its times are, and has changed where they differ:`(_ row: Int) throws {
        let times = Self.times[row]
        let raw = try JSONText(#"{"id":"c","created_at":\#(times.created),"updated_at":\#(times.updated)}"#)
        let conversation = try Conversation(raw: raw)
        #expect(conversation.version == times.version)
        #expect(conversation.createdAt.text == times.createdAt)
        #expect(conversation.updatedAt.text == times.updatedAt)
        #expect(conversation.raw == raw)
        let timeless = try Conversation(raw: JSONText(#"{"id":"c"}"#))
        #expect(timeless.version.isEmpty)
        #expect(timeless.updatedAt.microseconds == 0)
    }

    @Test(arguments: ["{}", "null", "[1]", #""text""#, "7", #"{"type":null}"#, #"{"type":""}"#])
    func `that is an entry may be anything:`(_ text: String) throws {
        let entry = Entry(raw: try JSONText(text))
        #expect(entry.type == .unknown)
        #expect(entry.id == nil)
        #expect(entry.raw.text == text)
    }

    @Test func `that is sent has the type that its other fields imply, where it tells none`() throws {
        let texts = [
            #"{"role":"user","content":"x"}"#, #"{"tool_call_id":"c","result":"1"}"#,
            #"{"tool_call_id":"c","name":"f"}"#,
            #"{"type":"new.kind"}"#, #"{"content":"x"}"#,
        ]
        let inputs = try Inputs(json: JSONText("[\(texts.joined(separator: ","))]"))
        #expect(
            inputs.asEntries.map { $0["type"]?.string } == [
                "message.input", "function.result", "function.call", "new.kind", "message.output",
            ])
        for odd in ["[7]", "[null]", "{}", "7"] {
            #expect(throws: ModelError.self) { try Inputs(json: JSONText(odd)) }
        }
    }

    @Test func `may be of a kind that we do not know`() throws {
        let history = try ConversationHistory(
            raw: JSONText(
                #"{"conversation_id":"c","entries":[{"type":"new.kind","y":[1.0]},{"type":"message.input","id":"m"}]}"#)
        )
        #expect(history.entries.map(\.type.rawValue) == ["new.kind", "message.input"])
        #expect(history.entries[0].id == nil)
        #expect(history.entries[0].raw.text == #"{"type":"new.kind","y":[1.0]}"#)
    }

    @Test func `has no id that a database would cut short`() throws {
        #expect(Entry(raw: try JSONText(#"{"type":"message.input","id":"msg_\u0000a"}"#)).id == nil)
    }

    @Test(arguments: [
        "{}", "[]", "null", #"{"conversation_id":"c"}"#, #"{"conversation_id":"c","entries":{}}"#,
        #"{"conversation_id":"","entries":[]}"#, #"{"conversation_id":"c\u0000d","entries":[]}"#,
        #"{"conversation_id":1,"entries":[]}"#,
    ])
    func `is not made of:`(_ text: String) throws {
        let json = try JSONText(text)
        #expect(throws: ModelError.self) { try ConversationHistory(raw: json) }
    }

    @Test func `that is a list sets aside only what cannot be read of it`() throws {
        let row = #"{"id":"c","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}"#
        let page = try ConversationPage(raw: JSONText("[\(row),null,{\"id\":7,\"name\":\"n\"},\(row)]"))
        #expect(page.conversations.map(\.id.rawValue) == ["c", "c"])
        #expect(page.count == 4)
        #expect(page.oddItems.map(\.position) == [1, 2])
        #expect(page.oddItems.map(\.id) == [nil, "7"])
        #expect(page.oddItems.map(\.name) == [nil, "n"])
    }

    @Test func `that is sent carries every parameter, and those that are newer than us`() throws {
        var request = StartRequest(json: try JSONText(#"{"newer":1.0}"#))
        request.inputs = .entries([try JSONText(#"{"type":"function.result","tool_call_id":"t","result":"r"}"#)])
        request.model = "m"
        request.agentVersion = .int(3)
        request.store = false
        request.handoffExecution = "client"
        request.metadata = try JSONText(#"{"k": "v"}"#)
        #expect(
            request.json.text
                == #"{"newer":1.0,"inputs":[{"type":"function.result","tool_call_id":"t","result":"r"}],"model":"m","agent_version":3,"store":false,"handoff_execution":"client","metadata":{"k":"v"}}"#
        )
        #expect(request.inputs?.asEntries.count == 1)
        request.model = nil
        #expect(request.json["model"] == nil)
        #expect(AppendRequest(inputs: .text("a\"b")).json.text == #"{"inputs":"a\"b"}"#)
        #expect(RestartRequest(from: EntryID("msg_1"), inputs: .text("")).fromEntryID == EntryID("msg_1"))
    }
}
