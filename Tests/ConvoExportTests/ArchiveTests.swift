import ConvoJSON
import ConvoModel
import ConvoStore
import Fuzzing
import Testing

@testable import ConvoExport

@Suite struct `The JSON of an export` {
    /// A conversation that has one of everything.
    private func full() throws -> ArchivedConversation {
        let raws = [
            #"{"type":"message.input","id":"a","content":"\u00e9\/","n":1.0,"big":123456789012345678901234567890,"z":null,"a":0}"#,
            #"{"type":"message.output","id":"a","content":[],"completed_at":"2026-01-01T00:00:00Z"}"#, "7",
            #"{"id":"d"}"#,
        ]
        let ids = ["a", "a~1", "~2", "d"]
        let sample = try ArchivedConversation.sample([])
        var facts = sample.facts
        facts.description = "line\u{1}"
        facts.agentID = ""
        facts.deletedRemotelyAt = "2026-02-02T00:00:00Z"
        facts.isLocalOnly = true
        facts.parent = ArchivedConversation.Parent(
            id: LocalID("zz"), remoteID: nil, entry: EntryID("a"), isInferred: true)
        (facts.localName, facts.tags) = ("Mine", ["Work", "é"])
        return ArchivedConversation(
            facts: facts, raw: sample.raw,
            entries: try zip(ids, raws).map { id, raw in
                ArchivedEntry(
                    id: EntryID(id), entry: Entry(raw: try JSONText(raw)), droppedAt: id == "d" ? "2026-03-03" : nil,
                    isLocalOnly: id == "~2", completedAt: id == "d" ? "2026-04-04T00:00:00Z" : nil)
            })
    }

    private func error(_ text: String) -> ArchiveError? {
        do throws(ArchiveError) {
            _ = try ArchiveReader.archive(of: Array(text.utf8))
            return nil
        } catch { return error }
    }

    @Test func `has the entries byte for byte, and is read as it was written`() throws {
        let archive = try full()
        let text = ArchiveDocument.text(of: archive)
        for entry in archive.entries { #expect(text.contains("\n\(entry.entry.raw.text)")) }
        let read = try ArchiveReader.archive(of: Array(text.utf8))
        #expect(read == archive)
        #expect(ArchiveDocument.text(of: read) == text)
        #expect(try JSONText(text)["history"]?["entries"]?.elements == archive.entries.map(\.entry.raw))
    }

    @Test func `is read or refused, whatever its bytes`() throws {
        let original = Array(ArchiveDocument.text(of: try full()).utf8)
        var mutator = Mutator(seed: 8)
        var run = FuzzRun(standard: 1500)
        while run.next() {
            let bytes = mutator.mutate(original)
            do throws(ArchiveError) {
                let archive = try ArchiveReader.archive(of: bytes)
                let text = ArchiveDocument.text(of: archive)
                #expect(try ArchiveReader.archive(of: Array(text.utf8)) == archive)
                #expect(archive.entries.allSatisfy { (try? JSONText($0.entry.raw.text)) == $0.entry.raw })
            } catch { #expect(!error.description.isEmpty && !error.code.isEmpty) }
        }
        #expect(run.isBounded)
    }

    @Test(arguments: [
        ("\"id\":\"0a8pk3m2v9q4r7s1\"", "\"id\":7", "id is not a string"),
        ("\"id\":\"0a8pk3m2v9q4r7s1\"", "\"id\":\"../x\"", "id is not a local id of small letters and digits"),
        ("\"version\":1", "\"version\":2", "a newer Convo wrote it (version 2; this one knows 1)"),
        ("\"version\":1", "\"version\":\"1\"", "version is not a number"),
        ("convo.conversation", "other", "it is not a conversation that Convo exported (its \"format\" says otherwise)"),
        ("\"updated_at\":", "\"updated\":", "updated_at is not a string"),
        ("\"local_only\":true", "\"local_only\":1", "local_only is not true or false"),
        ("\"id\":\"zz\"", "\"id\":null", "parent.id is not a local id of small letters and digits"),
        ("\"Mine\"", "\" \"", "local_name is not a name of one line"),
        ("\"Mine\"", "7", "local_name is not a string"), ("[\"Work\",", "[\"a b\",", "tags is not an array of tags"),
        ("[\"Work\",", "[7,", "tags is not an array of tags"),
        ("\"entries\":", "\"entry\":", "history.entries is not an array"),
        ("\"position\":1", "\"position\":9", "kept[0].position is not the position of another entry"),
        ("\"position\":2", "\"position\":1", "kept[1].position is not the position of another entry"),
        ("\"id\":\"a~1\"", "\"id\":\"\"", "kept[1].id is not an id"),
        ("\"id\":\"a~1\"", "\"id\":\"a\"", "history.entries[0] and history.entries[1] have the same id (a)"),
        ("\"id\":\"~2\",", "", "history.entries[2] is not an entry with an id"),
        (
            "\"remote_id\":\"conv_1\"", "\"remote_id\":\"conv_2\"",
            "conversation is not the server's object of the remote_id"
        ),
    ])
    func `that is damaged is refused with the place`(found: String, replacement: String, message: String) throws {
        let text = ArchiveDocument.text(of: try full())
        #expect(error(try text.with(replacement, inPlaceOf: found))?.description == message)
    }

    @Test func `that is not JSON, or not UTF-8, is refused with the place`() throws {
        let text = ArchiveDocument.text(of: try full())
        #expect(
            error(String(text.dropLast(9)))?.description.hasPrefix("the JSON text ends too early, at byte ") == true)
        #expect(error("")?.code == "invalid_json")
        var bytes = Array(text.utf8)
        let place = try #require(bytes.firstIndex(of: UInt8(ascii: "\\"))) + 2
        bytes[place] = 0xFF
        #expect(throws: ArchiveError.self) { try ArchiveReader.archive(of: bytes) }
        bytes = Array("{\"a\":\"x\u{e9}\"}".utf8)
        bytes[7] = 0xFF
        #expect(throws: ArchiveError.notUTF8(offset: 7)) { try ArchiveReader.archive(of: bytes) }
    }

    @Test(arguments: [498, 499, 500, 501, 600, 100_000])
    func `takes entries of 500 levels, and no deeper ones`(depth: Int) throws {
        let deep =
            #"{"id":"a","x":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
            + "}"
        let text = ArchiveDocument.text(of: try .sample(["x"]))
        let error = error(try text.with("\"entries\":[\n\(deep),", inPlaceOf: "\"entries\":[\n"))
        #expect((error == nil) == (depth <= 500), "\(error.map { "\($0)" } ?? "")")
    }

    @Test func `has no secret of a link but in the entries`() throws {
        let link = "https://h.test/a.png?se=1&sig=SECRET"
        let archive = try ArchivedConversation.sample(entries: [
            #"{"type":"tool.execution","id":"a","name":"x","arguments":"{}","info":{"result":"{\"url\":\"\#(link)\"}"}}"#,
            #"{"type":"message.output","id":"b","content":[{"type":"text","text":"https://h.test/a?si"},{"type":"text","text":"g=SECRET"}]}"#,
        ])
        for format in ExportFormat.allCases {
            let text = format.text(of: archive, id: archive.facts.id)
            #expect(text.contains("SECRET") == (format == .json), "\(format)")
        }
    }
}

@Suite struct `The secret of a link` {
    private static let entries = [
        #"{"type":"message.input","id":"a","role":"LINK","content":"LINK"}"#,
        #"{"type":"message.output","id":"b","model":"LINK","content":[{"type":"text","text":"LINK"},{"type":"thinking","thinking":"LINK"}]}"#,
        #"{"type":"message.output","id":"c","content":[{"type":"image_url","image_url":"LINK"},{"type":"document_url","document_name":"LINK"}]}"#,
        #"{"type":"message.output","id":"d","content":[{"type":"tool_file","file_name":"LINK"},{"type":"tool_reference","title":"LINK","url":"LINK"}]}"#,
        #"{"type":"message.output","id":"e","content":[{"type":"LINK","x":"LINK"}]}"#,
        #"{"type":"function.call","id":"f","name":"LINK","tool_call_id":"LINK","arguments":"LINK","confirmation_status":"LINK"}"#,
        #"{"type":"function.result","id":"g","tool_call_id":"LINK","result":"LINK"}"#,
        #"{"type":"tool.execution","id":"h","name":"LINK","arguments":"LINK","info":{"LINK":"LINK"}}"#,
        #"{"type":"agent.handoff","id":"i","previous_agent_name":"LINK","next_agent_name":"LINK"}"#,
        #"{"type":"LINK","id":"j","role":"LINK"}"#,
    ]

    @Test(arguments: ["https://h.test/a?sig=SECRET", "https://h.test/a?se=1\\u0026sig\\u003dSECRET"])
    func `is in no document for people, wherever the link stands`(link: String) throws {
        var archive = try ArchivedConversation.sample(
            entries: Self.entries.map { $0.replacing("LINK", with: link) }, name: link)
        var facts = archive.facts
        (facts.description, facts.model, facts.agentID) = (link, link, link)
        archive = ArchivedConversation(facts: facts, raw: archive.raw, entries: archive.entries)
        let file = ExportedFile(
            entry: EntryID("b"), fileID: nil, name: link, mediaType: MediaType(of: []), path: "files/0")
        for format in [ExportFormat.markdown, .html, .jsonl] {
            let item = HTMLDocument.Item(id: facts.id, name: link, updatedAt: "")
            let text =
                HTMLDocument.head([item]) + HTMLDocument.head([item, item])
                + format.text(of: archive, id: facts.id, files: [file])
            #expect(!text.contains("SECRET"), "\(format)")
            #expect(text.contains("h.test/a"))
        }
        let name = ExportFileName.of(facts.id, name: link, fileExtension: "md")
        #expect(!name.contains("secret") && name.contains("h-test-a"))
    }
}

@Suite struct `The name of a file` {
    @Test(arguments: [
        ("Trip to Lyon!", "0a8p-trip-to-lyon.md"), ("../../etc/passwd", "0a8p-etc-passwd.md"), ("", "0a8p.md"),
        ("CON", "0a8p-con.md"), ("\u{202E}a\u{0}\nb", "0a8p-a-b.md"), ("京都 へ", "0a8p-京都-へ.md"), ("...", "0a8p.md"),
        ("कुल", "0a8p-कुल.md"), ("--x--", "0a8p-x.md"), ("ÉTÉ", "0a8p-été.md"),
    ])
    func `has the id and a readable piece`(name: String, expected: String) {
        #expect(ExportFileName.of(LocalID("0a8p"), name: name, fileExtension: "md") == expected)
    }

    @Test func `has 120 bytes at most, and no half a character`() {
        for name in [
            String(repeating: "a", count: 500), String(repeating: "日", count: 500),
            "x" + String(repeating: "\u{301}", count: 500),
        ] {
            let file = ExportFileName.of(LocalID("0a8pk3m2v9q4r7s1"), name: name, fileExtension: "json")
            #expect(file.utf8.count <= ExportFileName.limit && file.hasSuffix(".json") && !file.contains("\u{FFFD}"))
        }
    }

    @Test func `is known again, whatever the conversation is called now`() {
        let id = LocalID("0a8p")
        #expect(ExportFileName.isName("0a8p-old.md", of: id, fileExtension: "md"))
        #expect(ExportFileName.isName("0a8p.md", of: id, fileExtension: "md"))
        for other in ["0a8px.md", "0a8p-old.json", "0a8p", "0a8.md", "x-0a8p.md"] {
            #expect(!ExportFileName.isName(other, of: id, fileExtension: "md"))
        }
    }

    @Test func `is that of one conversation only, and so is its place in a page`() throws {
        let long = String(repeating: "a", count: 63)
        let ids = ["\(long)a", "\(long)b", long, "\(long)ab", "\(long)ac", "a_", "a-", "a", "A", "a_1", "", "_", "é"]
        let names = ids.map { ExportFileName.of(LocalID($0), name: "n", fileExtension: "md") }
        #expect(Set(names).count == ids.count)
        #expect(names.allSatisfy { $0.utf8.count <= ExportFileName.limit && $0.hasSuffix("-n.md") })
        #expect(names[0] == "\(long)a-n.md", "as long as an import takes it")
        for (place, name) in names.enumerated() {
            let owners = ids.indices.filter { ExportFileName.isName(name, of: LocalID(ids[$0]), fileExtension: "md") }
            #expect(owners == [place])
        }
        let pages = try ids.map { id in
            try HTMLDocument.section(.sample([], id: id), id: LocalID(id)).prefix { $0 != ">" }
        }
        #expect(Set(pages).count == ids.count)
    }
}

@Suite struct `The state of a folder of exports` {
    @Test func `is read as it was written`() throws {
        var state = ExportState()
        state.note("1", of: LocalID("b"), in: .json)
        state.note("2", of: LocalID("a"), in: .json)
        state.note("3", of: LocalID("a"), in: .markdown)
        state.note(ExportState.File(name: "a-x.md", digest: "1-f"), of: LocalID("a"), in: .markdown)
        state.note(ExportState.File(name: "conversations.html", digest: "2-e"), of: nil, in: .html)
        #expect(ExportState(Array(state.text.utf8)) == state)
        #expect(state.file(of: LocalID("a"), in: .markdown)?.name == "a-x.md" && state.file(of: nil, in: .html) != nil)
        #expect(state.file(of: LocalID("a"), in: .json) == nil && state.file(of: nil, in: .jsonl) == nil)
        #expect(state.holds("2", of: LocalID("a"), in: .json) && !state.holds("2", of: LocalID("a"), in: .markdown))
    }

    @Test(arguments: ["", "[]", "{", "{\"version\":9,\"json\":{\"a\":\"1\"}}", "\u{0}", "{\"version\":1,\"json\":7}"])
    func `that is odd says nothing`(text: String) { #expect(ExportState(Array(text.utf8)) == ExportState()) }

    @Test func `is read as the versions before wrote it`() {
        let text = #"{"version":1,"format_version":\#(ExportFormat.version),"json":{"a":"1-2"}}"#
        let state = ExportState(Array(text.utf8))
        #expect(state.holds("1-2", of: LocalID("a"), in: .json) && state.file(of: LocalID("a"), in: .json) == nil)
    }

    @Test func `knows the files of an export whose formats were others`() {
        var state = ExportState()
        state.note("1", of: LocalID("a"), in: .json)
        state.note(ExportState.File(name: "a.json", digest: "1-f"), of: LocalID("a"), in: .json)
        let text = state.text.replacing("\"format_version\":\(ExportFormat.version)", with: "\"format_version\":0")
        let other = ExportState(Array(text.utf8))
        #expect(!other.holds("1", of: LocalID("a"), in: .json) && other.file(of: LocalID("a"), in: .json) != nil)
    }

    @Test func `tells one version of a conversation from another`() throws {
        let digests = try [["a"], ["b"], ["a", "b"], []].map {
            try ExportState.digest(of: StreamedArchive(.sample($0)))
        }
        #expect(Set(digests).count == 4)
        #expect(try ExportState.digest(of: StreamedArchive(.sample(["a"]))) == digests[0])
    }
}

@Suite struct `A file of an export` {
    @Test(arguments: ExportFormat.allCases)
    func `is known by its beginning`(format: ExportFormat) throws {
        let archive = try ArchivedConversation.sample(["x"], name: String(repeating: "n", count: 40_000))
        let item = HTMLDocument.Item(id: archive.facts.id, name: nil, updatedAt: "")
        let head = format == .html ? HTMLDocument.head([item]) : ""
        let text = head + format.text(of: archive, id: archive.facts.id) + format.foot
        let beginning = Array(text.utf8.prefix(ExportFormat.beginningLength))
        #expect(format.isBeginning(beginning))
        for other in ExportFormat.allCases where other != format { #expect(!other.isBeginning(beginning)) }
        for foreign in [
            "", "{}", "# notes\n", "---\ntitle: x\n---\nid: 7\n", "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n",
            "{\"format\":7}",
        ] {
            #expect(!format.isBeginning(Array(foreign.utf8)))
        }
    }

    @Test func `stays one when an editor has been at it`() {
        #expect(ExportFormat.markdown.isBeginning(Array("---\r\ntags: [x]\r\nid: \"0a8p\"\r\n---\r\n".utf8)))
        #expect(ExportFormat.json.isBeginning(Array("{\n  \"format\": \"convo.conversation\",\n".utf8)))
        #expect(ExportFormat.jsonl.isBeginning(Array("{ \"conversation_id\": \"a\" }".utf8)))
    }
}

extension String {
    /// The text with another one in place of the first occurrence of a piece that it must have.
    fileprivate func with(_ replacement: String, inPlaceOf piece: String) throws -> String {
        var text = self
        text.replaceSubrange(try #require(text.firstRange(of: piece)), with: replacement)
        return text
    }
}
