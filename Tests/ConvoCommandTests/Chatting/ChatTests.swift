import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoCommand

@Suite struct `A line of a chat` {
    @Test(arguments: [
        ("", ChatInput.nothing), (" \t ", .nothing), ("hello", .message("hello")),
        ("  indented", .message("  indented")),
        ("//etc/passwd is a file", .message("/etc/passwd is a file")), ("/help", .command(.help)),
        (" /quit ", .command(.quit)), ("/branch", .command(.branch(nil))), ("/branch #12", .command(.branch(12))),
        ("/edit 3", .command(.edit(3))), ("/copy #1", .command(.copy(1))), ("/cancel", .command(.cancel)),
        ("/model", .command(.model(nil))), ("/model mistral-small-latest", .command(.model("mistral-small-latest"))),
        ("/name My words", .command(.name("My words"))), ("/name", .command(.name(""))),
        ("one\n/two", .message("one\n/two")),
    ])
    func `is a message, or a command with its argument`(line: String, input: ChatInput) {
        #expect(ChatInput(line) == input)
    }

    @Test(arguments: ["/branch #0", "/branch -1", "/branch twelve", "/edit #", "/copy 1 2", "/quit now", "/model a b"])
    func `whose argument is wrong tells the form`(line: String) {
        guard case .mistake(let message) = ChatInput(line) else { return #expect(Bool(false), "\(line) was taken") }
        #expect(message.hasPrefix("Type it as /"))
    }

    @Test(arguments: [
        ("/brnch", "/branch"), ("/q", "/quit"), ("/edti", "/edit"), ("/modle x", "/model"), ("/hlep", "/help"),
    ])
    func `with an unknown command names the nearest`(line: String, near: String) {
        guard case .mistake(let message) = ChatInput(line) else { return #expect(Bool(false), "\(line) was taken") }
        #expect(message.contains("Did you mean \(near)?"))
    }

    @Test(arguments: ["/", "/etc/passwd", "/xyzzy", "/c"])
    func `with a command like none names none, and says how to send it`(line: String) {
        guard case .mistake(let message) = ChatInput(line) else { return #expect(Bool(false), "\(line) was taken") }
        #expect(!message.contains("Did you mean") && message.contains("typed with //"))
    }

    @Test(arguments: [20, 40, 100])
    func `help fits its width`(width: Int) {
        #expect(ChatCommand.help(width).allSatisfy { $0.count <= max(width, 30) })
    }
}

@Suite struct `A message of several lines` {
    @Test func `goes on behind a backslash`() {
        var assembly = MessageAssembly()
        #expect(assembly.take("one\\") == nil)
        #expect(assembly.isOpen)
        #expect(assembly.take("two\\") == nil)
        #expect(assembly.take("three") == "one\ntwo\nthree")
        #expect(!assembly.isOpen && assembly.take("next") == "next")
    }

    @Test func `does not go on behind two backslashes, which a path may end with`() {
        var assembly = MessageAssembly()
        #expect(assembly.take("\\\\server\\share\\\\") == "\\\\server\\share\\\\")
    }

    @Test func `whose last line never came is what there is of it`() {
        var assembly = MessageAssembly()
        _ = assembly.take("one\\")
        #expect(assembly.end() == "one")
        #expect(assembly.end() == nil)
    }
}

@Suite struct `The turn of a chat` {
    static let question = FunctionQuestion(callID: "c", name: "f", arguments: "{}", wantsConsent: false)
    static func turn(_ states: OperationState..., asks: Bool = false, stopped: Int? = nil) -> ChatTurn {
        ChatTurn(
            pending: states.enumerated().map { (OperationID("op_\($0.offset)"), $0.element) },
            questions: asks ? [question] : [], stopped: stopped.map { OperationID("op_\($0)") })
    }

    @Test func `is idle where nothing waits: a message is sent at once`() {
        #expect(Self.turn() == .idle && Self.turn().handling == .send)
    }

    @Test(arguments: [OperationState.queued, .sending, .inDoubt])
    func `is queued where a write waits: messages go behind it, and somebody has to deliver it`(state: OperationState) {
        let turn = Self.turn(state, .queued)
        #expect(turn == .queued(OperationID("op_0")) && turn.handling == .queue)
        #expect(turn.undelivered == OperationID("op_0"))
    }

    @Test func `is stopped where the person has stopped the first answer that is missing`() {
        #expect(Self.turn(.inDoubt, stopped: 0) == .stopped(OperationID("op_0")))
        #expect(Self.turn(.inDoubt, stopped: 0).handling == .queue)
        #expect(Self.turn(.inDoubt, .queued, stopped: 1) == .queued(OperationID("op_0")))
    }

    @Test(arguments: [OperationState.refused, .held])
    func `is blocked by a write that the person has to decide about, wherever it stands`(state: OperationState) {
        let turn = Self.turn(.queued, state)
        #expect(turn == .blocked(OperationID("op_1")) && turn.undelivered == nil)
        guard case .keep(let reason) = turn.handling else { return #expect(Bool(false), "a message was taken") }
        #expect(reason.contains("/edit") && reason.contains("/cancel"))
    }

    @Test func `asks when the model has called functions, but not while their results wait to be sent`() {
        #expect(Self.turn(asks: true) == .asked([Self.question]))
        #expect(Self.turn(.queued, asks: true) == .queued(OperationID("op_0")))
        guard case .keep = Self.turn(asks: true).handling else { return #expect(Bool(false), "a message was taken") }
    }
}

@Suite struct `Calls of functions` {
    private func entry(_ json: String) throws -> Entry { Entry(raw: try JSONText(json)) }

    @Test func `are open behind the last input, unless they were confirmed`() throws {
        let entries = try [
            #"{"type":"function.call","tool_call_id":"old","name":"f","arguments":"{}"}"#,
            #"{"type":"function.result","tool_call_id":"old","result":"1"}"#,
            #"{"type":"function.call","tool_call_id":"a","name":"f","arguments":"{\"x\":1}"}"#,
            #"{"type":"function.call","tool_call_id":"b","name":"g","arguments":"{}","confirmation_status":"pending"}"#,
            #"{"type":"function.call","tool_call_id":"c","name":"g","arguments":"{}","confirmation_status":"allowed"}"#,
        ].map(entry)
        #expect(
            FunctionQuestion.open(in: entries) == [
                FunctionQuestion(callID: "a", name: "f", arguments: #"{"x":1}"#, wantsConsent: false),
                FunctionQuestion(callID: "b", name: "g", arguments: "{}", wantsConsent: true),
            ])
        #expect(FunctionQuestion.open(in: try entries + [entry(#"{"type":"message.input","content":"x"}"#)]).isEmpty)
    }

    @Test func `are answered together, each once, results as entries and confirmations beside them`() {
        let call = FunctionQuestion(callID: "a=1", name: "f", arguments: "{}", wantsConsent: false)
        let consent = FunctionQuestion(callID: "b", name: "g", arguments: "{}", wantsConsent: true)
        var answers = FunctionAnswers()
        #expect(answers.next(of: [call, consent]) == call)
        #expect(answers.take("sunny = 3", to: call) == true)
        #expect(answers.next(of: [call, consent]) == consent)
        #expect(answers.take("perhaps", to: consent) == false)
        #expect(answers.take(" Yes", to: consent) == true)
        #expect(answers.next(of: [call, consent]) == nil)
        let request = answers.request
        #expect(request.inputs?.asEntries.map { $0["tool_call_id"]?.string } == ["a=1"])
        #expect(request.inputs?.asEntries.map { $0["result"]?.string } == ["sunny = 3"])
        #expect(request.toolConfirmations?.text == #"[{"tool_call_id":"b","confirmation":"allow"}]"#)
    }

    @Test(arguments: [("y", "allow"), ("ALLOW", "allow"), ("n", "deny"), ("no", "deny"), ("deny", "deny")])
    func `are confirmed by a word, and sent without inputs`(word: String, answer: String) {
        var answers = FunctionAnswers()
        let question = FunctionQuestion(callID: "b", name: "g", arguments: "", wantsConsent: true)
        #expect(answers.take(word, to: question) == true)
        #expect(answers.request.inputs == nil)
        #expect(answers.request.toolConfirmations?.elements.map { $0["confirmation"]?.string } == [answer])
    }
}

@Suite struct `What a chat has shown` {
    private func entry(_ id: String, _ type: String, _ content: String) -> Entry {
        Entry(
            raw: .object([
                "id": .string(id), "type": .string(type), "content": .string(content), "role": .string("user"),
            ]))
    }

    @Test func `is not shown again, and what is new is`() {
        var shown = ShownEntries()
        let first = [entry("1", "message.input", "hello"), entry("2", "message.output", "yes")]
        #expect(shown.news(in: first) == first)
        #expect(shown.news(in: first).isEmpty)
        let third = entry("3", "message.output", "and")
        #expect(shown.news(in: first + [third]) == [third])
    }

    @Test func `includes what was typed, once, also where the server has trimmed it`() {
        var shown = ShownEntries()
        shown.wasTyped("hello\n")
        #expect(shown.news(in: [entry("1", "message.input", "hello")]).isEmpty)
        #expect(shown.news(in: [entry("2", "message.input", "hello")]).count == 1)
        shown.wasTyped("yes")
        #expect(shown.news(in: [entry("3", "message.output", "yes")]).count == 1)
    }

    @Test func `is shown again where it has become more`() {
        var shown = ShownEntries()
        _ = shown.news(in: [entry("1", "message.output", "The beg")])
        #expect(shown.news(in: [entry("1", "message.output", "The beginning and the end")]).count == 1)
        #expect(shown.news(in: [entry("1", "message.output", "The beginning and the end")]).isEmpty)
    }
}
