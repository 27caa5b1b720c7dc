import ConvoJSON
import ConvoModel
import ConvoSandbox
import MistralEmulator
import Testing

/// These faults change what a request is shown, or what it stores.
@Suite(.sandbox) struct `A fault of what is read` {
    @Test func `shows what was there a while ago, and nothing is changed`() async throws {
        try await visitor.turn("replica-lag-ms=3600000")
        let path = try await visitor.start()
        try await visitor.turn("stale=1")
        #expect(try await visitor.ids().isEmpty)
        #expect(try await visitor.get(path).status == 404)
        try await visitor.sandbox.turn { $0.replicaLagMilliseconds = 0 }
        #expect(try await visitor.ids().count == 1)
        #expect(try await visitor.append("more", to: path).status == 200)
    }

    @Test func `shows an old history with a new list, where the rate names the operation`() async throws {
        let record =
            #"[{"conversation":{"id":"conv_a","created_at":"2026-01-01T00:00:00Z","#
            + #""updated_at":"2026-01-01T00:00:00Z","model":"m"},"entries":[]}]"#
        _ = try await visitor.sandbox.load(try JSONText(record))
        let path = Visitor.collection + "/conv_a"
        try await visitor.sandbox.turn {
            $0.replicaLagMilliseconds = 3_600_000  // longer than any test takes
            try $0.set(assignment: "stale=1:get_history")
        }
        #expect(try await visitor.get(path + "/history").status == 404)
        #expect(try await visitor.get(path).status == 200)
        #expect(try await visitor.get(path + "/messages").status == 200)
    }

    @Test func `answers every page with the first`() async throws {
        for _ in 0..<3 { _ = try await visitor.start() }
        let first = try await visitor.ids("?page=0&page_size=2")
        try await visitor.turn("page-ignored=1")
        for page in [1, 2, 7] {
            let found = try await visitor.ids("?page=\(page)&page_size=2")
            #expect(found == first)
        }
    }

    @Test(arguments: [("1", false, false), ("1:list", false, true), ("1:get", true, false), ("0", true, true)])
    func `leaves metadata out where the rate says`(rate: String, inList: Bool, inGet: Bool) async throws {
        try await visitor.turn("without-metadata=\(rate)")
        let body = #"{"model":"m","inputs":"x","metadata":{"a":"b"}}"#
        let path = try await visitor.post(Visitor.collection, body).path
        let listed = try await visitor.get(Visitor.collection).json.elements.first?["metadata"]
        #expect((listed != nil) == inList)
        #expect((try await visitor.get(path).json["metadata"] != nil) == inGet)
    }

    @Test func `hides most conversations, the same ones each time, and loses none`() async throws {
        for _ in 0..<40 { _ = try await visitor.start() }
        let all = try await visitor.ids()
        try await visitor.turn("disappearance=1")
        let left = try await visitor.ids()
        #expect(left.count < 30)
        #expect(try await visitor.ids() == left)
        for id in all {
            let status = try await visitor.get(Visitor.collection + "/" + id).status
            #expect(status == (left.contains(id) ? 200 : 404))
        }
        try await visitor.turn("disappearance=1:list")
        #expect(try await visitor.get(Visitor.collection + "/" + all[0]).status == 200)
        try await visitor.turn("disappearance=0")
        #expect(try await visitor.ids() == all)
    }

    @Test(arguments: Oddity.allCases)
    func `spoils the middle item of a list or a history, and no other`(shape: Oddity) async throws {
        var path = ""
        for _ in 0..<3 { path = try await visitor.start() }
        let whole = try await visitor.get(Visitor.collection).json.elements
        let entries = try await visitor.entries(of: path)
        try await visitor.turn("odd-shape=\(shape.rawValue)", "odd-item=1:list,get_history")
        let list = try await visitor.get(Visitor.collection)
        let history = try await visitor.get(path + "/history")
        #expect(list.status == 200)
        for (reply, good) in [(list, [whole[0], whole[2]]), (history, [entries[0]])] {
            for item in good { #expect(reply.text.contains(item.text)) }
            let isReadable = (try? JSONText(utf8: reply.bytes)) != nil
            #expect(isReadable == ![.tooDeep, .notUTF8].contains(shape))
        }
        #expect(!list.text.contains(whole[1].text))
        #expect(!history.text.contains(entries[1].text) || shape == .null)
        if shape != .tooDeep && shape != .notUTF8 {
            #expect(list.json.elements.count == 3)
            #expect(history.json["entries"]?.elements.count == 2)
            #expect(history.json["conversation_id"] != nil)
        }
    }
}

@Suite(.sandbox) struct `An input that is stored otherwise` {
    /// The content in the history of an input that was sent with this text, inserted into a JSON string as it is.
    private func stored(_ fault: String, _ text: String) async throws -> JSONText? {
        try await visiting(turned: ["\(fault)=1:writes"]) { visitor in
            let path = try await visitor.start(text)
            return try await visitor.entries(of: path).first?["content"]
        }
    }

    @Test func `is trimmed, escaped, normalized, or without some characters`() async throws {
        for (fault, sent, kept) in [
            ("stored-trimmed", #" a b\n"#, "a b"),
            ("stored-with-lf", #"a\r\nb\rc\n"#, "a\nb\rc\n"),
            ("stored-without-nul", #"a\u0000b"#, "ab"),
            ("stored-nfc", #"e\u0301"#, "\u{E9}"),
            ("stored-escaped", #"<a> & 'b'"#, "&lt;a&gt; &amp; &#39;b&#39;"),
        ] {
            let content = try await stored(fault, sent)?.string
            #expect(content.map { Array($0.utf8) } == Array(kept.utf8))
        }
    }

    @Test func `is split into chunks`() async throws {
        let content = try await stored("stored-in-chunks", "hello")
        #expect(content?.elements.compactMap { $0["text"]?.string } == ["he", "llo"])
    }

    @Test func `is altered in chunks and results too, and other inputs are not`() async throws {
        try await visitor.turn("stored-trimmed=1:append")
        let path = try await visitor.start(" as sent ")
        let body =
            #"{"inputs":[{"role":"user","content":[{"type":"text","text":" x "}]},"#
            + #"{"type":"function.call","tool_call_id":"a","name":"f","arguments":"{}"},"#
            + #"{"type":"function.result","tool_call_id":"a","result":" 21 "}]}"#
        #expect(try await visitor.post(path, body).status == 200)
        let entries = try await visitor.entries(of: path)
        #expect(entries[0]["content"]?.string == " as sent ")
        #expect(entries[2]["content"]?.elements.first?["text"]?.string == "x")
        #expect(entries[4]["result"]?.string == "21")
    }

    @Test func `may lose its answer as well`() async throws {
        try await visitor.turn("stored-trimmed=1", "error-500-after-commit=1:append")
        let path = try await visitor.start()
        #expect(try await visitor.append(" x ", to: path).status == 500)
        #expect(try await visitor.words(of: path)[2] == "x")
    }
}
