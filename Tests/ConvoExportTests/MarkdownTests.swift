import ConvoJSON
import ConvoModel
import ConvoStore
import Fuzzing
import SeededRandom
import Testing

@testable import ConvoExport

@Suite struct `A Markdown file` {
    /// The lines of a document that are in no fence, by CommonMark's rule for fences in no list and no quote.
    private func outside(_ document: String) -> [Substring] {
        var fence: (character: Character, length: Int)?
        var lines: [Substring] = []
        for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
            let run = line.first.map { first in line.prefix { $0 == first }.count } ?? 0
            if let open = fence {
                let isBare = line.dropFirst(run).allSatisfy { $0 == " " }
                if line.first == open.character, run >= open.length, isBare { fence = nil }
            } else if let first = line.first, first == "`" || first == "~", run >= 3,
                first == "~" || !line.dropFirst(run).contains("`")
            {
                fence = (first, run)
            } else {
                lines.append(line)
            }
        }
        if fence != nil { lines.append("the last fence is open") }
        return lines
    }

    @Test func `has no heading but its own, whatever its texts say`() throws {
        var run = FuzzRun(standard: 1500)
        while run.next() {
            var random = SplitMix64(seed: UInt64(run.number))
            let texts = (0..<2).map { _ in Hostile.text(&random) }
            let name = Hostile.text(&random)
            let lines = outside(MarkdownDocument.text(of: try .sample(texts, name: name)))
            let headings = lines.filter { $0.hasPrefix("# ") || $0.hasPrefix("## ") }
            #expect(headings.count == 3, "\(texts), \(name)")
            #expect(
                headings.dropFirst() == [
                    "## user · 2026-03-11 10:00:00 UTC", "## assistant · 2026-03-11 10:00:00 UTC",
                ], "\(texts)")
            #expect(lines.last != "the last fence is open", "\(texts)")
            #expect(lines.count { $0 == "---" } == 2 && lines.first == "---", "the front matter's, \(texts)")
        }
        #expect(run.isBounded)
    }

    /// A label may span lines, but no blank one; whatever begins a line so is taken for one.
    @Test func `defines no target of links, whatever its texts say`() throws {
        var run = FuzzRun(standard: 1500)
        while run.next() {
            var random = SplitMix64(seed: UInt64(run.number))
            let texts = (0..<2).map { _ in Hostile.text(&random) }
            let lines = outside(MarkdownDocument.text(of: try .sample(texts, name: Hostile.text(&random))))
            for paragraph in lines.split(whereSeparator: { $0.allSatisfy { " >".contains($0) } }) {
                // Marks of quotes and lists may stand before a label.
                let contents = paragraph.map { $0.trimmingPrefix(/(?:[ \t>]|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))*/) }
                let first = contents.firstIndex { $0.hasPrefix("[") }
                let rest = contents[(first ?? contents.endIndex)...].joined(separator: "\n")
                #expect(!rest.contains("]:"), "\(texts)")
            }
        }
        #expect(run.isBounded)
    }

    @Test(arguments: [
        "    let x = [1 < 2]\n\n    # not a heading\n\ttabs", "```sh\necho '``'  # two\n\n\n<b>\n```",
    ])
    func `keeps code as it is written`(code: String) throws {
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        let inner =
            code.hasPrefix("```")
            ? lines.dropFirst().dropLast().joined(separator: "\n")
            : "let x = [1 < 2]\n\n# not a heading\ntabs"
        #expect(MarkdownEmitter.markdown(of: "before\n\n\(code)\n\nafter").contains("\n\(inner)\n```\n\nafter\n"))
    }

    @Test func `keeps code in a list as it is written`() {
        let text = "1. Run\n\n   ```py\n   # x\n   if a < b: pass\n   ```\n2. Stop"
        #expect(
            MarkdownEmitter.markdown(of: text)
                == "1. Run\n\n   ```py\n   # x\n   if a < b: pass\n   ```\n\n2. Stop\n")
    }

    @Test(arguments: [
        ("a <b> `<c>` \\<d>", "a \\<b> `<c>` \\<d>\n"), ("`open <b>", "`open \\<b>\n"), ("\\`<b>`", "\\`\\<b>`\n"),
        ("# One\ntext", "### One\n\ntext\n"), ("Title\n---\nx", "#### Title\n\nx\n"),
        ("a\n1986. was", "a\n1986\\. was\n"),
        ("> # q\n> <b>", "> ### q\n>\n> \\<b>\n"), ("- a\n  - b\n- c", "- a\n  - b\n- c\n"), ("[x]: y", "\\[x]: y\n"),
        ("[user\nguide]: https://evil.test 'title'\n\nbye", "\\[user\nguide]: https://evil.test 'title'\n\nbye\n"),
        ("> [a\n> b\n> c]:\n> d", "> \\[a\n> b\n> c]:\n> d\n"), ("[a]: x\n[b\nc]: y", "\\[a]: x\n\\[b\nc]: y\n"),
        ("- [a\n  b]: c", "- \\[a\n  b]: c\n"), ("[a\n\nb]: c", "[a\n\nb]: c\n"), ("[a\nb]", "[a\nb]\n"),
        ("a\n-\nb", "a\n\\-\nb\n"), ("***", "___\n"), ("", ""), ("\r\na\rb\u{7}", "a\nb\u{FFFD}\n"),
    ])
    func `writes a text so that it stays text`(text: String, expected: String) {
        #expect(MarkdownEmitter.markdown(of: text) == expected)
    }

    @Test func `has tools, thoughts and files, and a fence longer than any in a result`() throws {
        let archive = try ArchivedConversation.sample(entries: [
            #"{"type":"function.call","id":"a","name":"f_x","tool_call_id":"c1","arguments":"{\"a\":1}","confirmation_status":"allowed"}"#,
            #"{"type":"function.result","id":"b","tool_call_id":"c1","result":"````\n# x"}"#,
            #"{"type":"message.output","id":"c","model":"m","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm </details>"}]},{"type":"tool_file","file_name":"a_b.png"}]}"#,
            #"{"type":"agent.handoff","id":"d","previous_agent_name":"one","next_agent_name":"two"}"#,
            #"{"type":"new.type","id":"e","x":1}"#,
        ])
        let text = MarkdownDocument.text(of: archive)
        #expect(text.contains("call of f\\_x (c1), allowed:\n\n```json\n{\"a\":1}\n```\n"))
        #expect(text.contains("result (c1):\n\n`````\n````\n# x\n`````\n"))
        #expect(text.contains("<summary>Thinking</summary>\n\nhm \\</details>\n\n</details>\n"))
        #expect(
            text.contains("\\[file: a\\_b.png\\]\n") && text.contains("one → two") && text.contains("## new.type\n"))
    }

    @Test func `links to the files that are stored, and a page holds its images`() throws {
        let archive = try ArchivedConversation.sample(entries: [
            #"{"type":"message.output","id":"c","content":[{"type":"text","text":"here"},{"type":"tool_file","file_id":"f","file_name":"a\"b_]"}]}"#,
            #"{"type":"message.output","id":"d","content":[{"type":"tool_file","file_id":"g","file_name":"table"}]}"#,
        ])
        let bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]
        let image = ExportedFile(
            entry: EntryID("c"), fileID: "f", name: "a\"b_]", mediaType: MediaType(of: bytes), path: "files/00ff.jpg",
            bytes: bytes)
        let table = ExportedFile(
            entry: EntryID("d"), fileID: "g", name: "table", mediaType: MediaType(of: Array("a,b".utf8)),
            path: "files/11.txt")
        let text = MarkdownDocument.text(of: archive, files: [image, table])
        #expect(text.contains("\nhere\n") && text.contains("(files/00ff.jpg)\n") && text.contains("\n![a"))
        #expect(text.contains("\n[table](files/11.txt)\n") && !text.contains("[file:"))
        let page = HTMLDocument.section(archive, id: archive.facts.id, files: [image, table])
        #expect(page.contains("src=\"data:image/jpeg;base64,/9j/4A==\"") && !page.contains("alt=\"a\"b"))
        #expect(page.contains("file: <bdi>table</bdi>"))
        let read = StreamedArchive(archive)
        #expect(try ExportState.digest(of: read) != ExportState.digest(of: read, files: [table]))
    }

    @Test func `names the files of an entry that are not stored, beside those that are`() throws {
        let archive = try ArchivedConversation.sample(entries: [
            #"{"type":"message.output","content":[{"type":"tool_file","file_id":"f","file_name":"one"},{"type":"tool_file","file_id":"g","file_name":"one"},{"type":"tool_file","file_name":"two"}]}"#
        ])
        let csv = MediaType(of: Array("a,b".utf8))
        let stored = ExportedFile(entry: EntryID("~0"), fileID: "f", name: "one", mediaType: csv, path: "files/11.txt")
        let link = ExportedFile(entry: EntryID("~0"), fileID: nil, name: "two", mediaType: csv, path: "files/22.txt")
        let text = MarkdownDocument.text(of: archive, files: [stored, link])
        #expect(text.hasSuffix("\n\\[file: one\\]\n\n\\[file: two\\]\n\n[one](files/11.txt)\n\n[two](files/22.txt)\n"))
        let page = HTMLDocument.section(archive, id: archive.facts.id, files: [stored])
        #expect(page.split(separator: "file: <bdi>").count == 4)
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `has base64 as RFC 4648 writes it`(plain: String, encoded: String) {
        #expect(Base64.text(of: Array(plain.utf8)) == encoded)
    }

    @Test func `leaves out what the server has dropped`() throws {
        let sample = try ArchivedConversation.sample(["kept", "gone"])
        let entries = sample.entries.map { entry in
            ArchivedEntry(
                id: entry.id, entry: entry.entry, droppedAt: entry.id.rawValue == "msg_1" ? "2026-01-01" : nil,
                isLocalOnly: false, completedAt: nil)
        }
        let archive = ArchivedConversation(facts: sample.facts, raw: nil, entries: entries)
        for format in [ExportFormat.markdown, .html, .jsonl] {
            let text = format.text(of: archive, id: archive.facts.id)
            #expect(text.contains("kept") && !text.contains("gone"), "\(format)")
        }
        #expect(ExportFormat.json.text(of: archive, id: archive.facts.id).contains("gone"))
    }

    @Test(arguments: [
        ("a", "\"a\""), ("a\"b\\c\n\u{85}\u{2028}", "\"a\\\"b\\\\c\\n\\u0085\\u2028\""),
        ("a: #b\n---", "\"a: #b\\n---\""),
    ])
    func `has front matter of one line for each member`(value: String, expected: String) {
        #expect(YAML.quoted(value) == expected)
    }
}
