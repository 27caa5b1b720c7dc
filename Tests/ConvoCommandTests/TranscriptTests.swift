import ConvoAPI
import ConvoJSON
import ConvoMarkdown
import ConvoModel
import ConvoTerminal
import SeededRandom
import Testing

@testable import ConvoCommand

@Suite struct `A transcript` {
    /// The text that is printed for these events.
    func written(_ events: String..., ansi: ANSIStyle = .plain) throws -> String {
        var (transcript, answer, text) = (Transcript(), PlainAnswer(ansi), "")
        for event in events {
            for piece in transcript.pieces(of: try ConversationEvent(raw: JSONText(event))) {
                text += answer.add(piece)
            }
        }
        return text + answer.end()
    }

    func words(_ text: String, output: Int = 0) -> String {
        JSONText.object([
            "type": .string("message.output.delta"), "output_index": .int(output), "id": .string("msg_\(output)"),
            "content": .string(text),
        ]).text
    }

    func thought(_ text: String) -> String {
        let chunk = JSONText.object([
            "type": .string("thinking"),
            "thinking": .array([.object(["type": .string("text"), "text": .string(text)])]),
        ])
        return JSONText.object([
            "type": .string("message.output.delta"), "output_index": .int(0), "id": .string("msg_0"), "content": chunk,
        ]).text
    }

    @Test func `writes words as they come, and ends the line`() throws {
        #expect(try written(words("Hel"), words("lo")) == "Hello\n")
        #expect(try written(words("a\n")) == "a\n")
        #expect(try written() == "")
    }

    @Test func `parts thinking from words, and one output from the next`() throws {
        #expect(try written(thought("hm, "), thought("so"), words("Yes")) == "hm, so\nYes\n")
        #expect(try written(words("one"), words("two", output: 1)) == "one\ntwo\n")
    }

    @Test func `names a tool on a line of its own`() throws {
        let tool = #"{"type":"tool.execution.started","output_index":1,"id":"t","name":"web_search","arguments":""}"#
        #expect(
            try written(words("Let me look"), tool, words("Found", output: 2)) == "Let me look\n[web_search]\nFound\n")
    }

    @Test func `lets nothing through that a terminal obeys`() throws {
        #expect(try written(words("a\u{1B}"), words("[2J")) == "a␛[2J\n")
    }
}

@Suite struct `An answer on a terminal` {
    private let style = MarkdownStyle(ansi: .plain, width: 20)

    private func screen(_ pieces: Transcript.Piece..., noting note: String? = nil) -> [String] {
        var (answer, screen) = (
            LiveAnswer { [style] in AnswerLayout(markdown: style, width: 20, height: 8) }, Screen(height: 8)
        )
        for piece in pieces { screen.write(answer.add(piece)) }
        if let note { screen.write(answer.note(note)) }
        screen.write(answer.end())
        return screen.rows
    }

    @Test func `is laid out while it comes, word by word`() {
        var (answer, screen) = (
            LiveAnswer { [style] in AnswerLayout(markdown: style, width: 20, height: 8) }, Screen(height: 8)
        )
        screen.write(answer.add(.words("Some *em")))
        #expect(screen.rows == ["Some *em"])
        screen.write(answer.add(.words("phasis* here, which is long\n\n- a li")))
        #expect(screen.rows == ["Some *emphasis*", "here, which is long", "", "• a li"])
        screen.write(answer.add(.words("st")))
        #expect(screen.rows == ["Some *emphasis*", "here, which is long", "", "• a list"])
        screen.write(answer.end())
        #expect(screen.rows == ["Some *emphasis*", "here, which is long", "", "• a list", ""])
    }

    @Test func `parts thinking, steps and outputs, and takes notes between`() {
        #expect(screen(.thought("hm,\n so"), .words("Yes"), .words("!")) == ["hm,", " so", "Yes!", ""])
        #expect(screen(.words("one"), .step("[tool]"), .words("two")) == ["one", "[tool]", "two", ""])
        #expect(screen(.words("one"), .end, .words("two")) == ["one", "two", ""])
        #expect(screen(.words("one"), noting: "waiting") == ["waiting", "one", ""])
        #expect(screen() == [""])
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `ends as it would be laid out at once, whatever the text and the cuts`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        var (answer, screen, words) = (
            LiveAnswer { [style] in AnswerLayout(markdown: style, width: 20, height: 8) }, Screen(height: 8), ""
        )
        let parts = ["a ", "word", "\n", "\n\n", "- ", "1. ", "```\n", "*b* ", "> ", "# ", "| a | b |\n|-|-|\n", "你好 "]
        for _ in 0..<chance.int(in: 1...60) {
            let part = parts[chance.int(in: 0...(parts.count - 1))]
            words += part
            screen.write(answer.add(.words(part)))
        }
        screen.write(answer.end())
        var stream = MarkdownStream(style)
        let lines = stream.append(words) + stream.finish()
        #expect(screen.rows.dropLast() == lines[...], "\(words)")
    }

    @Test func `lets nothing through that a terminal obeys`() {
        #expect(screen(.words("a\u{1B}"), .words("[2J")) == ["a␛[2J", ""])
        #expect(screen(.thought("a\u{1B}"), .thought("[2J")) == ["a␛[2J", ""])
    }
}

/// What a terminal shows that obeys no other escape sequences than those of rows that change.
struct Screen {
    let height: Int
    private(set) var rows = [""]
    private var (row, column) = (0, 0)

    init(height: Int) { self.height = height }

    mutating func write(_ text: String) {
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            switch character {
            case "\n":
                row += 1
                if row == rows.count { rows.append("") }
                column = 0
            case "\r": column = 0
            case "\u{1B}":
                let count = String(rest.dropFirst().prefix { $0.isNumber })
                rest = rest.dropFirst(1 + count.count)
                guard rest.popFirst() == "A" else {
                    rows = rows[..<row] + [String(rows[row].prefix(column))]
                    continue
                }
                row -= Int(count) ?? 0
                #expect(row >= 0 && row >= rows.count - height, "the cursor left the terminal")
            default:
                rows[row] = String(rows[row].prefix(column)) + String(character)
                column += 1
            }
        }
    }
}
