import ConvoAPI
import ConvoJSON
import ConvoModel
import Testing

func fold(_ transcript: String) throws -> ResponseAccumulator {
    var fold = ResponseAccumulator()
    for event in try decode(transcript) { fold.take(try ConversationEvent(raw: JSONText(event.data))) }
    return fold
}

func fold(events: [String]) throws -> ResponseAccumulator {
    var fold = ResponseAccumulator()
    for event in events { fold.take(try ConversationEvent(raw: JSONText(event))) }
    return fold
}

@Suite struct `A folded stream` {
    @Test func `of text is the message of the history`() throws {
        let fold = try fold(Transcript.plain)
        #expect(fold.conversationID == RemoteID("conv_019f13ba5c87747b931182ff92813bc4"))
        #expect(fold.isDone)
        #expect(
            fold.entries.map(\.raw.text) == [
                #"{"object":"entry","type":"message.output","created_at":"2026-06-29T14:13:28.549188Z","id":"msg_019f13ba5d6576a8aa1084b86816b354","model":"mistral-small-latest","role":"assistant","content":"7"}"#
            ])
        #expect(fold.response?.outputs == fold.entries)
        #expect(fold.response?.usage?["total_tokens"]?.int == 18)
    }

    @Test func `of a tool keeps arguments, info and undocumented fields`() throws {
        let entries = try fold(Transcript.tool).entries
        #expect(entries.map(\.type) == [.toolExecution, .messageOutput])
        #expect(entries[0].raw["arguments"]?.string == #"{"code": "21 * 2"}"#)
        #expect(entries[0].raw["function"]?.string == "code_interpreter")
        #expect(entries[0].raw["info"]?["code"]?.string == "21 * 2")
        #expect(entries[0].createdAt?.text == "2026-06-29T14:13:26.125936Z")
        #expect(entries[1].raw["content"]?.string == "42 – ja, 日本 🦊")
    }

    @Test func `of thinking is an array of chunks`() throws {
        let content = try fold(Transcript.thinking).entries[0].raw["content"]
        #expect(
            content?.text
                == #"[{"type":"thinking","thinking":[{"type":"text","text":"23 * 23 = ("}],"closed":true},{"type":"text","text":"529"}]"#
        )
    }

    @Test func `of a handoff and a call is one entry each`() throws {
        let entries = try fold(Transcript.call).entries
        #expect(
            entries.map(\.raw.text) == [
                #"{"object":"entry","type":"agent.handoff","created_at":"2026-08-17T10:00:00.1Z","id":"handoff_1","previous_agent_id":"ag_1","previous_agent_name":"one","next_agent_id":"ag_2","next_agent_name":"two"}"#,
                #"{"object":"entry","type":"function.call","created_at":"2026-08-17T10:00:00.3Z","id":"fc_1","name":"weather","tool_call_id":"6TI17yZkV","arguments":"{\"city\": \"Paris\"}","confirmation_status":"pending"}"#,
            ])
    }

    @Test func `puts references between texts, by their content index`() throws {
        func delta(_ index: Int, _ content: String) -> String {
            #"{"type":"message.output.delta","output_index":0,"id":"m","content_index":\#(index),"content":\#(content)}"#
        }
        let reference = #"{"type":"tool_reference","tool":"web_search","title":"T","url":"u"}"#
        let fold = try fold(events: [
            delta(0, #""a""#), delta(2, #""d""#), delta(1, reference), delta(1, reference), delta(0, #""b""#),
            delta(0, #"{"type":"text","text":"c"}"#), delta(2, #"{"type":"image_url","image_url":"x"}"#),
            delta(2, #""e""#),
        ])
        let text = { (text: String) in #"{"type":"text","text":"\#(text)"}"# }
        #expect(
            fold.entries[0].raw["content"]?.elements.map(\.text) == [
                text("abc"), reference, reference, text("d"), #"{"type":"image_url","image_url":"x"}"#, text("e"),
            ])
    }

    @Test func `orders its entries by output index, not by arrival`() throws {
        let fold = try fold(
            events: [3, 1, 2, 1].map {
                #"{"type":"message.output.delta","output_index":\#($0),"id":"m\#($0)","content":"x"}"#
            })
        #expect(fold.entries.map(\.id?.rawValue) == ["m1", "m2", "m3"])
        #expect(fold.entries[0].raw["content"]?.string == "xx")
    }

    @Test func `that broke off holds what came`() throws {
        let whole = try decode(Transcript.tool)
        for count in 0...whole.count {
            let fold = try fold(events: whole.prefix(count).map(\.data))
            #expect(fold.isDone == (count == whole.count))
            #expect((fold.response == nil) == (count < whole.count))
            #expect(fold.entries.count == (count < 2 ? 0 : count < 6 ? 1 : 2))
        }
        let cut = try fold(events: whole.prefix(6).map(\.data))
        #expect(cut.entries[1].raw["content"]?.string == "4")
    }

    @Test func `keeps a value that a later null would take away`() throws {
        let fold = try fold(events: [
            #"{"type":"message.output.delta","id":"m","model":"a","agent_id":null,"content":"x"}"#,
            #"{"type":"message.output.delta","id":"m","model":null,"agent_id":"ag","content":"y"}"#,
        ])
        #expect(fold.entries[0].raw["model"]?.string == "a")
        #expect(fold.entries[0].raw["agent_id"]?.string == "ag")
    }

    @Test func `takes time in proportion to its length`() throws {
        var folded = ResponseAccumulator()
        let thought =
            #"{"type":"message.output.delta","id":"m","content":{"type":"thinking","thinking":[{"type":"text","text":"0123456789"}]}}"#
        let event = try ConversationEvent(raw: JSONText(thought))
        let clock = ContinuousClock()
        let elapsed = clock.measure { for _ in 0..<20_000 { folded.take(event) } }
        #expect(
            folded.entries[0].raw["content"]?.elements[0]["thinking"]?.elements[0]["text"]?.string?.utf8.count
                == 200_000)
        #expect(elapsed < .seconds(30))
    }
}
