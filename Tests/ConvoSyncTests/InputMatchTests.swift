import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoSync

@Suite struct `Whether an append is in a history` {
    private func entry(_ id: String, _ text: String, type: String = "message.input") throws -> Entry {
        Entry(
            raw: .object([
                "object": .string("entry"), "type": .string(type), "id": .string(id), "role": .string("user"),
                "content": .string(text), "created_at": .string("2026-01-01T00:00:00Z"), "completed_at": .null,
            ]))
    }

    private func match(_ text: String, in entries: [Entry], after base: String?) -> InputMatch {
        InputMatch(
            of: AppendRequest(inputs: .text(text)), in: entries, after: base.map { EntryID($0) })
    }

    @Test func `is told by what stands behind the base, not by equal text before it`() throws {
        let history = [try entry("a", "hi"), try entry("b", "echo: hi", type: "message.output")]
        #expect(match("hi", in: history, after: "b") == .absent)
        #expect(match("hi", in: history + [try entry("c", "hi")], after: "b") == .unanswered)
    }

    @Test func `is certain once it is answered, for the inputs of a run that fails may be dropped`() throws {
        let asked = [try entry("a", "hi")]
        let answer = try entry("b", "echo: hi", type: "message.output")
        #expect(match("hi", in: asked, after: nil) == .unanswered)
        #expect(match("hi", in: asked + [answer], after: nil) == .present)
    }

    @Test(arguments: ["tool.execution", "agent.handoff"])
    func `is not answered by what a run does before its answer`(type: String) throws {
        let history = [try entry("a", "hi"), try entry("b", "look", type: type)]
        #expect(match("hi", in: history, after: nil) == .unanswered)
        let next = history + [try entry("c", "and then?")]
        #expect(match("hi", in: next, after: nil) == .present, "another turn follows only an ended one")
        #expect(
            match("hi", in: history + [try entry("c", "", type: "function.call")], after: nil) == .present)
    }

    @Test func `is told although another writer's turn stands between`() throws {
        let history = [try entry("a", "x"), try entry("b", "other"), try entry("c", "mine")]
        #expect(match("mine", in: history, after: "a") == .unanswered)
    }

    @Test func `is ambiguous where two equal ones stand behind the base, and outdated where the base is not there`()
        throws
    {
        let history = [try entry("a", "x"), try entry("b", "same"), try entry("c", "same")]
        #expect(match("same", in: history, after: "a") == .ambiguous)
        #expect(match("same", in: history, after: "gone") == .outdated)
        #expect(match("x", in: history, after: nil) == .present)
    }

    @Test func `looks through chunks, escapes and what the server adds`() throws {
        let sent = try JSONText(
            #"[{"type":"message.input","role":"user","content":[{"type":"text","text":"h\u00e9"}]}]"#)
        let request = AppendRequest(json: .object(["inputs": sent]))
        let history = [try entry("a", "hé")]
        #expect(InputMatch(of: request, in: history, after: nil) == .unanswered)
    }

    @Test func `takes several inputs as one run`() throws {
        func result(_ call: String) throws -> JSONText {
            try JSONText(#"{"type":"function.result","tool_call_id":"\#(call)","result":"1"}"#)
        }
        let request = AppendRequest(inputs: .entries([try result("x"), try result("y")]))
        let both = [Entry(raw: try result("x")), Entry(raw: try result("y").setting("id", to: .string("e")))]
        #expect(InputMatch(of: request, in: both, after: nil) == .unanswered)
        #expect(InputMatch(of: request, in: both.reversed(), after: nil) == .similar)
    }

    @Test(arguments: [
        ("  Notes of today \r\nsecond line \n", "Notes of today \nsecond line"), ("a\u{0}b", "ab"),
        ("tab\there", "tab here"),
        ("cafe\u{301}", "caf\u{e9}"), ("a < b & c", "a &lt; b &amp; c"), ("it's", "it&#39;s"), ("x\"y", "x&#x22;y"),
        ("say \"hi\"\nnow", #"say \"hi\"\nnow"#), ("&amp;", "&amp;amp;"),
        ("R&D < x", "R&D &lt; x"),
    ])
    func `is told although the server has changed the text in a way that explains it`(sent: String, kept: String) throws
    {
        #expect(match(sent, in: [try entry("a", kept)], after: nil) == .unanswered)
    }

    @Test(arguments: [
        ("Hello, world", "hello world!"), ("\u{FF21}\u{FF22}", "AB"), ("a-b", "ab"), ("\u{FB01}n", "fin"),
        ("a b", "ab"), ("10 \u{B5}m", "10 \u{3BC}m"), ("5 m\u{B2}", "5 m2"), ("a\u{2122} b", "aTM b"),
        ("\u{2163}.", "IV."),
        ("\u{FF76}\u{FF9E}", "\u{30AC}"), ("\u{BD} l", "1\u{2044}2 l"),
    ])
    func `is similar where the letters and digits are the same otherwise`(sent: String, kept: String) throws {
        #expect(match(sent, in: [try entry("a", kept)], after: nil) == .similar)
    }

    @Test(arguments: [
        ("hello", "goodbye"), ("version 1", "version 2"), ("!", "?"), ("&lt;", "<b"), ("5 m\u{B2}", "6 m2"),
        ("Stra\u{DF}e", "Strande"), ("\u{2764}\u{FE0F} a", "\u{2764}\u{FE0F} b"),
    ])
    func `is absent where the words are others`(sent: String, kept: String) throws {
        #expect(match(sent, in: [try entry("a", kept)], after: nil) == .absent)
    }

    @Test func `of a start is told by what stands before the first answer`() throws {
        func match(_ entries: Entry...) -> InputMatch { InputMatch(of: .text("hi"), atStartOf: entries) }
        let (ours, other) = (try entry("a", "hi"), try entry("b", "something else"))
        let answer = try entry("c", "echo", type: "message.output")
        #expect(match(ours, answer) != .absent && match(ours) != .absent)
        #expect(match(other, ours, answer) != .absent, "a server may have put something before it")
        #expect(match(other, answer, ours) == .absent)
        #expect(match() == .absent)
        let shots = Inputs.entries([other.raw, answer.raw, ours.raw])
        #expect(InputMatch(of: shots, atStartOf: [other, answer, ours, answer]) != .absent)
    }

    @Test func `of a confirmation of calls is told by the run that it let go, for it leaves nothing itself`() throws {
        let confirmation = AppendRequest(
            json: .object(["tool_confirmations": .array([.object(["tool_call_id": .string("c")])])]))
        let history = [try entry("a", "x")]
        #expect(InputMatch(of: confirmation, in: history, after: EntryID("a")) == .absent)
        let later = history + [try entry("b", "done", type: "message.output")]
        #expect(InputMatch(of: confirmation, in: later, after: EntryID("a")) == .present)
        let running = history + [try entry("b", "look", type: "tool.execution")]
        #expect(InputMatch(of: confirmation, in: running, after: EntryID("a")) == .unanswered)
        let others = history + [try entry("b", "something else"), try entry("c", "echo", type: "message.output")]
        #expect(InputMatch(of: confirmation, in: others, after: EntryID("a")) == .ambiguous)
        let result = history + [try entry("b", "42", type: "function.result")]
        #expect(InputMatch(of: confirmation, in: result, after: EntryID("a")) == .ambiguous, "another's result")
    }

    @Test(arguments: [
        ("allow", "allowed", InputMatch.present), ("allow", "denied", .ambiguous), ("deny", "denied", .present),
        ("deny", "allowed", .ambiguous), ("allow", "pending", .present),
    ])
    func `of a confirmation is not told where the call was decided otherwise`(
        ours: String, theirs: String, expected: InputMatch
    ) throws {
        let confirmation = AppendRequest(
            json: .object([
                "tool_confirmations": .array([
                    .object(["tool_call_id": .string("c"), "confirmation": .string(ours)])
                ])
            ]))
        let call = Entry(
            raw: .object([
                "type": .string("function.call"), "id": .string("a"), "tool_call_id": .string("c"),
                "confirmation_status": .string(theirs),
            ]))
        let history = [call, try entry("b", "done", type: "message.output")]
        #expect(InputMatch(of: confirmation, in: history, after: EntryID("a")) == expected)
    }

    @Test func `takes an answer without a role for the assistant's, and an input for the user's`() throws {
        func entry(_ type: String, role: String?) throws -> JSONText {
            .object(["type": .string(type), "role": role.map { .string($0) }, "content": .string("x")])
        }
        for (type, role) in [("message.output", "assistant"), ("message.input", "user")] {
            let sent = Inputs.entries([try entry(type, role: nil)])
            #expect(InputMatch(of: sent, in: [Entry(raw: try entry(type, role: role))]) == .unanswered)
            #expect(InputMatch(of: sent, in: [Entry(raw: try entry(type, role: "other"))]) == .absent)
        }
    }

    /// Whether an input with one chunk matches an input with the other chunk and the same text.
    private func match(chunk sent: String, _ kept: String) throws -> InputMatch {
        func entry(_ chunk: String) throws -> JSONText {
            try JSONText(
                #"{"type":"message.input","role":"user","content":[{"type":"text","text":"see"},\#(chunk)]}"#)
        }
        return InputMatch(of: .entries([try entry(sent)]), in: [Entry(raw: try entry(kept))])
    }

    @Test func `looks at what is not text as well, however it is written`() throws {
        let image = #"{"type":"image_url","image_url":{"url":"https://x/a","detail":"low"}}"#
        let same = #"{"image_url":{"detail":"l\u006fw","url":"https://x/a","more":null},"type":"image_url","id":null}"#
        #expect(try match(chunk: image, same) == .unanswered)
        for other in [
            #"{"type":"image_url","image_url":{"url":"https://x/b","detail":"low"}}"#,
            #"{"type":"image_url","image_url":{"url":"https://x/a"}}"#, #"{"type":"text","text":""}"#,
        ] {
            #expect(try match(chunk: image, other) == .similar, "\(other)")
        }
    }

    /// `depth` is the number of levels between the chunk and the innermost object.
    @Test(arguments: [(31, true), (32, false)])
    func `compares what is nested deeper than any chunk as it came`(depth: Int, isEqual: Bool) throws {
        func chunk(_ inner: String) -> String {
            #"{"type":"x","x":"# + String(repeating: "[", count: depth - 1) + inner
                + String(repeating: "]", count: depth - 1) + "}"
        }
        #expect(
            try match(chunk: chunk(#"{"a":1,"b":2}"#), chunk(#"{"b":2,"a":1}"#)) == (isEqual ? .unanswered : .similar))
        #expect(try match(chunk: chunk(#"{"a":1}"#), chunk(#"{"a":1}"#)) == .unanswered)
    }
}
