import ConvoJSON
import ConvoModel
import ConvoStore
import Fuzzing
import SeededRandom
import Testing

@testable import ConvoExport

@Suite struct `An HTML file` {
    private static let tags: Set<String> = [
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "h4", "h5", "h6", "nav", "ol", "ul", "li",
        "a", "bdi",
        "time", "section", "p", "article", "header", "div", "details", "summary", "pre", "code", "blockquote", "table",
        "tr", "th",
        "td", "hr", "strong", "em",
    ]
    private static let attributes: Set<String> = [
        "lang", "charset", "http-equiv", "content", "name", "aria-label", "href", "rel", "id", "class", "dir", "start",
    ]
    private static let empty: Set<String> = ["meta", "hr"]

    /// What is wrong with a document, read as a browser reads it: each `<` begins a tag of ours, each quote in a tag
    /// belongs to an attribute of ours, each tag is closed where it must be.
    private func faults(_ html: String) -> [String] {
        var faults: [String] = []
        var open: [String] = []
        var rest = Substring(html)
        while let start = rest.firstIndex(of: "<") {
            if rest[..<start].contains(">"), open.last != "style" { faults.append("a > outside of a tag") }
            if rest[..<start].contains("\""), open.last != "style" { faults.append("a quote outside of a tag") }
            rest = rest[rest.index(after: start)...]
            guard let end = rest.firstIndex(of: ">") else { return faults + ["an open tag"] }
            let tag = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if tag == "!DOCTYPE html" { continue }
            if tag.hasPrefix("/") {
                if open.popLast() != String(tag.dropFirst()) { faults.append("\(tag) closes another tag") }
                continue
            }
            let name = String(tag.prefix { $0 != " " })
            if !Self.tags.contains(name) { faults.append("the tag \(tag)") }
            if !Self.empty.contains(name) { open.append(name) }
            faults += attributeFaults(tag.dropFirst(name.count))
        }
        return faults + open.map { "\($0) is open" }
    }

    private func attributeFaults(_ text: Substring) -> [String] {
        var rest = text
        while !rest.isEmpty {
            guard rest.first == " ", let equals = rest.firstIndex(of: "=") else { return ["the attribute \(rest)"] }
            let name = rest[..<equals].dropFirst()
            let value = rest[equals...].dropFirst()
            guard Self.attributes.contains(String(name)), value.first == "\"",
                let end = value.dropFirst().firstIndex(of: "\"")
            else { return ["the attribute \(rest)"] }
            let inner = value[..<end].dropFirst()
            let schemes = ["#c-", "https://", "http://", "mailto:"]
            if name == "href", !schemes.contains(where: { inner.lowercased().hasPrefix($0) }) {
                return ["the link \(inner)"]
            }
            rest = value[end...].dropFirst()
        }
        return []
    }

    private func document(_ archives: [ArchivedConversation], names: [String?]) -> String {
        let items = zip(archives, names).map { archive, name in
            HTMLDocument.Item(id: archive.facts.id, name: name, updatedAt: "2026-03-11T10:00:00Z")
        }
        return HTMLDocument.head(items) + archives.map { HTMLDocument.section($0, id: $0.facts.id) }.joined()
            + HTMLDocument.foot
    }

    @Test func `has no tag, attribute or link but its own, whatever its texts say`() throws {
        var run = FuzzRun(standard: 1500)
        while run.next() {
            var random = SplitMix64(seed: UInt64(run.number))
            let names = (0..<2).map { _ in Hostile.text(&random) }
            let archives = try names.map { name in
                try ArchivedConversation.sample([Hostile.text(&random), Hostile.text(&random)], name: name)
            }
            let html = document(archives, names: names)
            #expect(faults(html) == [], "seed \(run.number)")
            #expect(!html.contains("<script") && !html.lowercased().contains("href=\"javascript"))
        }
        #expect(run.isBounded)
    }

    @Test func `has no markup of names, models, tools and files`() throws {
        let evil = #"\"><script>x</script><b onclick='y'>"#
        let archive = try ArchivedConversation.sample(
            entries: [
                #"{"type":"function.call","id":"a\#(evil)","name":"\#(evil)","tool_call_id":"\#(evil)","arguments":"\#(evil)"}"#,
                #"{"type":"message.output","id":"b","model":"\#(evil)","content":[{"type":"\#(evil)"},{"type":"tool_file","file_name":"\#(evil)"},{"type":"thinking","thinking":"\#(evil)"}]}"#,
                #"{"type":"\#(evil)","id":"c"}"#,
                #"{"type":"message.input","role":"\#(evil)","id":"d","content":"\#(evil)"}"#,
            ], name: "\"><script>", id: "<id\">")
        #expect(faults(document([archive, archive], names: ["<script>", nil])) == [])
    }

    @Test(arguments: [
        ("a **b** *c* `d<` \\*e", "<p>a <strong>b</strong> <em>c</em> <code>d&lt;</code> *e</p>\n"),
        ("**a *b** c*", "<p><strong>a *b</strong> c*</p>\n"), ("2 * 3 * 4", "<p>2 * 3 * 4</p>\n"),
        (
            "[x](https://e.test/?a=1&b=2)",
            "<p><a rel=\"noopener noreferrer\" href=\"https://e.test/?a=1&amp;b=2\">x</a></p>\n"
        ),
        ("[x](JavaScript:y)", "<p>[x](JavaScript:y)</p>\n"), ("[x](//e.test)", "<p>[x](//e.test)</p>\n"),
        (
            "see https://e.test/a.",
            "<p>see <a rel=\"noopener noreferrer\" href=\"https://e.test/a\">https://e.test/a</a>.</p>\n"
        ),
        (
            "# A\n\n- x\n- y\n\n3. z",
            "<h3>A</h3>\n<ul>\n<li>x\n</li>\n<li>y\n</li>\n</ul>\n<ol start=\"3\">\n<li>z\n</li>\n</ol>\n"
        ),
        ("```js\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"),
        (
            "|a|b|\n|-|:-:|\n|1|`2`|3|",
            "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td><code>2</code></td></tr>\n</table>\n"
        ),
        ("> q\n\n---", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n"),
    ])
    func `renders the usual Markdown`(text: String, expected: String) {
        #expect(HTMLBlocks.html(of: text) == expected)
    }

    @Test func `forbids itself scripts, and asks nothing of the network`() throws {
        let html = document([try .sample(["hello"])], names: ["A name"])
        #expect(html.contains("default-src 'none'; img-src data:; style-src 'unsafe-inline'"))
        let links = html.split(separator: "href=\"").dropFirst().filter { !$0.hasPrefix("#") }
        #expect(links.isEmpty && !html.contains("url(") && !html.contains("src=\""))
    }

    /// Each of these made a renderer take quadratic time.
    @Test(
        arguments: ["[", "`", "*", "**a", "[a](", "<", "> ", "- ", "`` ` ", "https://", "|", "a\n-", "\\", "![", "1. "])
    func `is made in time that grows with its text`(piece: String) {
        let clock = ContinuousClock()
        let text = String(repeating: piece, count: 30_000)
        let time = clock.measure { _ = HTMLBlocks.html(of: text) + MarkdownEmitter.markdown(of: text) }
        #expect(time < .seconds(20), "a quadratic one takes minutes")
    }
}
