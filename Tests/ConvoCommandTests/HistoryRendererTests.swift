import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `A conversation laid out for reading` {
    private func lines(_ entries: [String], width: Int = 60, isWhole: Bool = false) throws -> [String] {
        let style = OutputStyle(ansi: .plain, width: width, times: OutputStyle.plain.times)
        var renderer = HistoryRenderer(HistoryFormatter(style: style, isWhole: isWhole), style: style, rich: .none)
        var text = LineText()
        for (place, entry) in entries.enumerated() {
            let stored = StoredEntry(
                id: EntryID("e\(place)"), entry: try Entry(raw: JSONText(entry)), droppedAt: nil, isLocalOnly: false,
                completedAt: nil)
            renderer.add(stored, number: place + 8, to: &text)
        }
        return text.lines
    }

    private let tool = #"{"type":"tool.execution","id":"t","name":"run","arguments":"{}","info":{"out":"a\nb"}}"#
    private let call = #"{"type":"function.call","id":"f","name":"get","arguments":"{\"a\": 1}","tool_call_id":"c9"}"#

    @Test func `numbers entries and renders what they say`() throws {
        let message =
            ##"{"type":"message.output","id":"m","model":"small","content":"# T\n- a","created_at":"2026-02-18T09:12:04Z"}"##
        #expect(try lines([message]) == ["", "#8 small  2026-02-18 09:12", "  # T", "", "  • a"])
    }

    @Test func `folds what tools did to a line each, with the id of a call`() throws {
        #expect(
            try lines([tool, call, #"{"type":"function.result","id":"r","result":"42","tool_call_id":"c9"}"#])
                == ["", "#8 tool run {} → a b", #"#9 call get {"a": 1}  call c9"#, "#10 result 42  call c9"])
        #expect(try lines([call], width: 22)[1] == "#8 call get …  call c9")
        #expect(try lines([tool], isWhole: true) == ["", "#8 tool", "  run({})", "  a", "  b"])
    }

    @Test func `folds a thought, unless all of it is asked for`() throws {
        let thought =
            #"{"type":"message.output","id":"m","model":"s","content":[{"type":"thinking","thinking":[{"type":"text","text":"one\ntwo"}]},{"type":"text","text":"*x*"}]}"#
        #expect(try lines([thought]) == ["", "#8 s", "  (thinking) one two", "", "  *x*"])
        #expect(try lines([thought], isWhole: true) == ["", "#8 s", "  (thinking) one", "  two", "", "  *x*"])
    }

    @Test(arguments: [10, 20, 40, 80, 200])
    func `has no line wider than the terminal`(width: Int) throws {
        let long = String(repeating: "मुख्य 中文 word ", count: 20)
        let entries = [
            tool, call, #"{"type":"message.output","id":"m","model":"\#(long)","content":"\#(long)"}"#,
            #"{"type":"function.call","id":"f","name":"\#(long)","arguments":"\#(long)","tool_call_id":"\#(long)"}"#,
            #"{"type":"agent.handoff","previous_agent_name":"\#(long)","next_agent_name":"\u001b[31m"}"#,
            #"{"type":"message.output","id":"m","content":[{"type":"thinking","thinking":[{"type":"text","text":"\#(long)"}]}]}"#,
        ]
        for line in try lines(entries, width: width) {
            #expect(line.columns <= width, "\(line)")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        }
    }
}
