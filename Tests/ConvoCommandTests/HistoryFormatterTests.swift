import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `A conversation laid out` {
    func lines(of entry: String, isWhole: Bool = false) throws -> [String] {
        let stored = StoredEntry(
            id: EntryID("e"), entry: try Entry(raw: JSONText(entry)), droppedAt: nil, isLocalOnly: false,
            completedAt: nil)
        var text = LineText()
        HistoryFormatter(style: .plain, isWhole: isWhole).add(stored, to: &text)
        return text.lines
    }

    @Test func `says who, when and what`() throws {
        #expect(
            try lines(
                of:
                    #"{"type":"message.input","id":"msg_1","role":"user","content":"a\nb","created_at":"2026-02-18T09:12:04.256Z"}"#
            )
                == ["you  2026-02-18 09:12 · msg_1", "  a", "  b"])
        #expect(
            try lines(
                of:
                    #"{"type":"message.output","id":"m","model":"mistral-small","content":[{"type":"text","text":"x"}]}"#
            )
                == ["mistral-small  m", "  x"])
    }

    @Test func `shows a call with its arguments and its id, and its result`() throws {
        #expect(
            try lines(
                of:
                    #"{"type":"function.call","id":"f","name":"get","arguments":"{\"a\": 1}","tool_call_id":"c9","confirmation_status":"pending"}"#
            )
                == ["function call  f", "  get({\"a\": 1}) [pending]", "  call id c9"])
        #expect(
            try lines(of: #"{"type":"function.result","id":"r","result":"42","tool_call_id":"c9"}"#)
                == ["function result  r", "  42", "  call id c9"])
    }

    @Test func `cuts what a tool said, unless all of it is asked for`() throws {
        let output = (1...40).map { "line \($0)" }.joined(separator: "\\n")
        let entry = #"{"type":"tool.execution","id":"t","name":"run","arguments":"","info":{"out":"\#(output)"}}"#
        let short = try lines(of: entry)
        #expect(short.count == 2 + HistoryFormatter.toolLineLimit + 1)
        #expect(short.last == "  … 28 more lines: --full shows them")
        #expect(try lines(of: entry, isWhole: true).count == 42)
    }

    @Test func `shows an entry of a kind that nobody knows yet`() throws {
        #expect(
            try lines(of: #"{"type":"dream.sequence","id":"d","text":"sheep"}"#) == ["dream.sequence  d", "  sheep"])
    }

    @Test func `obeys nothing that an entry says`() throws {
        let text = try lines(
            of: #"{"type":"message.output","id":"\u001b[1m","model":"\u001b]0;x\u0007","content":"\u001b[2J\u0008"}"#)
        #expect(text.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }
}
