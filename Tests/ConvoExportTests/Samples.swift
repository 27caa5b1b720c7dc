import ConvoJSON
import ConvoModel
import ConvoStore
import SeededRandom

@testable import ConvoExport

extension ArchivedConversation {
    /// A conversation of messages with these texts, in turns.
    static func sample(
        _ texts: [String], name: String? = "A name", id: String = "0a8pk3m2v9q4r7s1"
    ) throws -> ArchivedConversation {
        try sample(
            entries: texts.enumerated().map { number, text in
                let type = number % 2 == 0 ? "message.input" : "message.output"
                let role = number % 2 == 0 ? "user" : "assistant"
                return #"{"object":"entry","type":"\#(type)","id":"msg_\#(number)","role":"\#(role)","#
                    + #""created_at":"2026-03-11T10:00:00.000000Z","content":\#(JSONText.string(text))}"#
            }, name: name, id: id)
    }

    /// A conversation with these entries as the server wrote them.
    static func sample(
        entries: [String], name: String? = "A name", id: String = "0a8pk3m2v9q4r7s1"
    ) throws -> ArchivedConversation {
        var facts = ArchivedConversation.Facts(
            id: LocalID(id), createdAt: "2026-03-11T10:00:00Z", updatedAt: "2026-03-11T10:00:01Z")
        facts.remoteID = RemoteID("conv_1")
        facts.name = name
        facts.model = "m"
        let raw = JSONText.object([
            "id": .string("conv_1"), "name": .string(name), "created_at": .string(facts.createdAt),
            "updated_at": .string(facts.updatedAt),
        ])
        return ArchivedConversation(
            facts: facts, raw: raw,
            entries: try entries.enumerated().map { number, text in
                let entry = Entry(raw: try JSONText(text))
                return ArchivedEntry(
                    id: entry.id ?? EntryID("~\(number)"), entry: entry, droppedAt: nil, isLocalOnly: false,
                    completedAt: nil)
            })
    }
}

/// Texts that try to leave their place in a document.
enum Hostile {
    private static let pieces = [
        "\n", "\n", "\n\n", " ", "  ", "    ", "\t", "\r", "\r\n", "\u{0}", "\u{1B}[2J", "\u{2028}", "\u{202E}", "a",
        "word",
        "# ", "## user · 2026-03-11 10:00:00 UTC", "###", "---", "===", "***", "___", "> ", "- ", "* ", "+ ", "1. ",
        "12) ", "-",
        "```", "````", "~~~", "```swift", "`", "``", "*", "**", "_", "[", "](", ")", "![x](", "[x]: http://evil.test",
        "[x\ny]: http://evil.test 'z'", "]: http://evil.test", "\n[a\n",
        "\\",
        "\\`", "\\<", "<script>", "</script>", "<!--", "-->", "</pre>", "</code>", "</details>", "<details>",
        "<img src=x onerror=y>",
        "<a href='javascript:x'>", "javascript:alert(1)", "[x](javascript:alert(1))",
        "[x](https://e.test/\" onclick=\"x)",
        "[x](data:text/html,x)", "https://e.test/?a=\"b", "https://e.test/'><b>", "&lt;", "&", "\"", "'", "<", ">", "|",
        "|---|",
        "a|b", "<?php", "<![CDATA[", "]]>", "<style>", "\u{FEFF}", "é", "مرحبا", "👍🏽",
    ]

    /// A text of some of the pieces.
    static func text(_ random: inout SplitMix64) -> String {
        (0..<random.int(in: 1...24)).map { _ in random.element(of: pieces) ?? "" }.joined()
    }
}
