import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoCommand

@Suite struct `A transcript` {
    /// The text that is printed for these events.
    func written(_ events: String..., ansi: ANSIStyle = .plain) throws -> String {
        var transcript = Transcript()
        var text = ""
        for event in events { text += transcript.text(of: try ConversationEvent(raw: JSONText(event)), ansi) }
        return text + transcript.end()
    }

    func words(_ text: String, output: Int = 0) -> String {
        JSONText.object([
            "type": .string("message.output.delta"), "output_index": .int(output), "id": .string("msg_\(output)"),
            "content": .string(text),
        ]).text
    }

    func thought(_ text: String) -> String {
        let chunk = JSONText.object([
            "type": .string("thinking"),
            "thinking": .array([.object(["type": .string("text"), "text": .string(text)])]),
        ])
        return JSONText.object([
            "type": .string("message.output.delta"), "output_index": .int(0), "id": .string("msg_0"), "content": chunk,
        ]).text
    }

    @Test func `writes words as they come, and ends the line`() throws {
        #expect(try written(words("Hel"), words("lo")) == "Hello\n")
        #expect(try written(words("a\n")) == "a\n")
        #expect(try written() == "")
    }

    @Test func `parts thinking from words, and one output from the next`() throws {
        #expect(try written(thought("hm, "), thought("so"), words("Yes")) == "hm, so\nYes\n")
        #expect(try written(words("one"), words("two", output: 1)) == "one\ntwo\n")
    }

    @Test func `names a tool on a line of its own`() throws {
        let tool = #"{"type":"tool.execution.started","output_index":1,"id":"t","name":"web_search","arguments":""}"#
        #expect(
            try written(words("Let me look"), tool, words("Found", output: 2)) == "Let me look\n[web_search]\nFound\n")
    }

    @Test func `lets nothing through that a terminal obeys`() throws {
        #expect(try written(words("a\u{1B}"), words("[2J")) == "a␛[2J\n")
    }
}
