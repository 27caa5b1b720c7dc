package import ConvoModel
package import ConvoStore

/// One HTML file for any number of conversations, in pieces that are written one after the other: ``head(_:)``, a
/// ``section(_:)`` for each conversation, and ``foot``.
///
/// It needs nothing but itself: no script, no font, no image. Its policy forbids all of them, and forms, in case that a
/// viewer adds some.
package enum HTMLDocument {
    /// What the index says of a conversation.
    package struct Item: Sendable {
        let id: LocalID
        let name: String?
        let updatedAt: String

        init(id: LocalID, name: String?, updatedAt: String) {
            self.id = id
            self.name = name?.shown
            self.updatedAt = updatedAt
        }

        /// Takes what the index says from a conversation.
        package init(_ conversation: StoredConversation) {
            self.init(
                id: conversation.id, name: conversation.localName ?? conversation.name,
                updatedAt: conversation.updatedAt.text)
        }
    }

    /// The text that every HTML file of an export begins with, by which the next export knows it.
    static let beginning = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
        """

    /// The start of the file, with an index of the conversations in their order.
    package static func head(_ items: [Item]) -> String {
        start(count: items.count, first: items.first)
            + (items.count == 1 ? "" : items.map(indexed).joined() + indexEnd)
    }

    /// The start of the file up to the first item of its index, which one of a single conversation does not have.
    ///
    /// - Parameters:
    ///   - count: the number of conversations.
    ///   - first: the first of them.
    /// - Returns: the HTML.
    package static func start(count: Int, first: Item?) -> String {
        let title = count == 1 ? HTMLDocument.title(first?.name) : "\(count) conversations"
        let html = """
            \(beginning)
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>\(style)</style>
            </head>
            <body>

            """
        guard count != 1 else { return html }  // the section has the name
        return html + "<h1>\(title)</h1>\n<nav aria-label=\"Conversations\">\n<ol>\n"
    }

    /// An item of the index.
    package static func indexed(_ item: Item) -> String {
        """
        <li><a href="#\(anchor(item.id))"><bdi>\(HTMLDocument.title(item.name))</bdi></a> \
        <time>\(day(item.updatedAt))</time></li>

        """
    }

    /// The end of the index.
    package static let indexEnd = "</ol>\n</nav>\n"

    /// One conversation: its facts, and its entries without those that the server has dropped.
    ///
    /// - Parameters:
    ///   - archive: the conversation.
    ///   - id: its local id here, to which the index links.
    ///   - files: those of its files that are stored here; images with bytes become part of the document.
    /// - Returns: the HTML of a `section`.
    package static func section(
        _ archive: ArchivedConversation, id: LocalID, files: [ExportedFile] = []
    ) -> String {
        document(archive.facts, id: id, files: files).text(of: archive.entries)
    }

    static func document(
        _ facts: ArchivedConversation.Facts, id: LocalID, files: [ExportedFile]
    ) -> ExportDocument {
        let facts = facts.shown
        let about =
            [facts.model ?? facts.agentID, day(facts.createdAt), facts.remoteID?.rawValue ?? facts.id.rawValue]
            + facts.tags.map { "[\($0)]" }
        var html = "<section id=\"\(anchor(id))\">\n<h2><bdi>\(title(facts.title))</bdi></h2>\n<p class=\"about\">"
        html += about.compactMap { $0 }.filter { !$0.isEmpty }.map(line).joined(separator: " · ") + "</p>\n"
        return ExportDocument([
            .text(html),
            .entries(separator: "") { entry, place in
                entry.droppedAt == nil ? article(entry, files, "\(anchor(id))-\(place.shown + 1)") : nil
            },
            .text("</section>\n"),
        ])
    }

    /// The end of the file.
    package static let foot = "</body>\n</html>\n"

    private static func article(
        _ archived: ArchivedEntry, _ files: [ExportedFile], _ anchor: String
    ) -> String {
        let entry = ShownEntry(archived, files: files)
        let kind = archived.entry.type.isMessage ? archived.entry.type == .messageInput ? "input" : "output" : "tool"
        var html = """
            <article class="\(kind)" id="\(anchor)">
            <header><h3><bdi>\(line(entry.speaker))</bdi></h3> <a href="#\(anchor)">\(entry.time.map(line) ?? "#")</a></header>

            """
        for piece in entry.pieces {
            switch piece {
            case .text(let text): html += "<div class=\"text\" dir=\"auto\">\n\(HTMLBlocks.html(of: text))</div>\n"
            case .thinking(let text):
                html +=
                    "<details><summary>Thinking</summary>\n<div dir=\"auto\">\n\(HTMLBlocks.html(of: text))</div></details>\n"
            case .code(let label, let text):
                html +=
                    "<details class=\"code\"><summary>\(line(label))</summary>\n\(HTMLBlocks.preformatted(text))</details>\n"
            case .file(let file):
                let image = file.isImage ? file.dataURL : nil
                html += "<p class=\"attachment\">file: <bdi>\(line(file.name))</bdi></p>\n"
                if let image { html += "<p><img alt=\"\(line(file.name))\" src=\"\(image)\"></p>\n" }
            case .attachment(let kind, let name):
                html += "<p class=\"attachment\">\(line(kind)): <bdi>\(line(name))</bdi></p>\n"
            }
        }
        return html + "</article>\n"
    }

    private static func title(_ name: String?) -> String {
        let text = VisibleText.line(name ?? "")
        return text.allSatisfy(\.isWhitespace) ? "(no name)" : HTMLBlocks.escaped(text)
    }

    private static func line(_ text: String) -> String { HTMLBlocks.escaped(VisibleText.line(text)) }

    private static func anchor(_ id: LocalID) -> String { "c-\(ExportFileName.stem(of: id))" }

    private static func day(_ text: String) -> String {
        Timestamp(lenient: text).map { String(Timestamp(microseconds: $0.microseconds).text.prefix(10)) } ?? ""
    }

    private static let style = """

        :root { --back: #fff; --text: #1d1f23; --faint: #676d78; --line: #dcdfe4; --panel: #f4f5f7; --accent: #b4460a; }
        @media (prefers-color-scheme: dark) {
        :root { --back: #16181c; --text: #e4e6ea; --faint: #9aa1ad; --line: #33373f; --panel: #202329; --accent: #f59a5b; }
        }
        * { box-sizing: border-box; } img { max-width: 100%; height: auto; }
        body { margin: 0 auto; padding: 2rem 1.25rem 6rem; max-width: 46rem; background: var(--back); color: var(--text);
        font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1, h2, h3, h4, h5, h6 { line-height: 1.25; }
        h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; margin: 0; }
        article h3, article h4, article h5, article h6 { font-size: 1.05rem; margin: 1.2em 0 .4em; }
        a { color: var(--accent); } p { white-space: pre-line; margin: .6em 0; } li > p:first-child { margin-top: 0; }
        nav { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; margin-bottom: 2rem; }
        nav ol { padding-left: 2rem; margin: .5rem 0; } nav time, .about, header a, summary, .attachment { color: var(--faint); font-size: .875rem; }
        section { border-top: 2px solid var(--line); padding-top: 1.5rem; margin-top: 3rem; } .about { margin: .25rem 0 1.5rem; }
        article { margin: 1rem 0; padding: .25rem 0 .25rem 1rem; border-left: 3px solid var(--line); }
        article.input { border-left-color: var(--accent); } article:target { background: var(--panel); }
        header { display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap; }
        header h3 { font-size: .95rem; margin: 0; } header a { text-decoration: none; }
        pre { background: var(--panel); border-radius: .4rem; padding: .75rem 1rem; overflow-x: auto; overflow-wrap: normal; }
        code { font: .875em/1.5 ui-monospace, monospace; } :not(pre) > code { background: var(--panel); border-radius: .25rem; padding: .1em .3em; }
        blockquote { margin: .6em 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--faint); }
        table { border-collapse: collapse; display: block; overflow-x: auto; } th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: start; }
        hr { border: 0; border-top: 1px solid var(--line); } summary { cursor: pointer; }
        @media print { nav { break-after: page; } pre { white-space: pre-wrap; } }

        """
}
