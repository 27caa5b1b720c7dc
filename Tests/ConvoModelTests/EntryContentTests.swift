import ConvoJSON
import ConvoModel
import Testing

@Suite struct `The content of an entry` {
    private func content(_ json: String) throws -> EntryContent { Entry(raw: try JSONText(json)).content }

    @Test(arguments: [
        (#"{"type":"message.input","content":"a"}"#, EntryContent.message([.text("a")])),
        (#"{"type":"message.output"}"#, .message([])),
        (
            #"{"type":"message.output","content":[{"type":"text","text":"a"},{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}"#,
            .message([.text("a"), .thinking("hm")])
        ),
        (
            #"{"type":"message.input","content":[{"type":"image_url","image_url":{"url":"u"}},{"type":"document_url","document_url":"d"}]}"#,
            .message([.image(url: "u"), .document(url: "d", name: nil)])
        ),
        (
            #"{"type":"message.output","content":[{"type":"tool_file","file_name":"n"},{"type":"tool_reference","title":"t"}]}"#,
            .message([.file(id: nil, name: "n"), .reference(title: "t", url: nil)])
        ),
        (
            #"{"type":"function.call","tool_call_id":"c","name":"f","arguments":{"a":1}}"#,
            .functionCall(id: "c", name: "f", arguments: #"{"a":1}"#)
        ),
        (#"{"type":"function.result","tool_call_id":"c","result":"r"}"#, .functionResult(callID: "c", result: "r")),
        (#"{"type":"tool.execution","name":"n","info":null}"#, .toolExecution(name: "n", arguments: "", info: .null)),
        (
            #"{"type":"agent.handoff","previous_agent_name":"a","next_agent_name":"b"}"#,
            .agentHandoff(from: "a", to: "b")
        ),
        (#"{"type":"new"}"#, .other), ("7", .other),
    ])
    func `is taken apart by its type`(json: String, expected: EntryContent) throws {
        #expect(try content(json) == expected)
    }

    @Test func `of a type that nobody knows is kept as it came`() throws {
        let chunk = #"{"type":"new","a":1}"#
        #expect(
            try content(#"{"type":"message.input","content":[\#(chunk),"x"]}"#)
                == .message([.other(JSONText(chunk)), .other(.string("x"))]))
        #expect(Entry(raw: .string("x")).text.isEmpty)
    }
}
