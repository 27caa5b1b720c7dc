import ConvoTerminal
import Testing

@testable import ConvoCommand
@testable import ConvoStore

@Suite struct `A snippet` {
    @Test func `marks what was found`() {
        let snippet = Snippet(text: "das Öl 日本 👍🏽", marks: [4..<6, 7..<9])
        #expect(snippet.lines(width: nil, count: 2, .plain) == ["das Öl 日本 👍🏽"])
        #expect(snippet.lines(width: nil, count: 2, .coloured) == ["das \u{1B}[1mÖl\u{1B}[22m \u{1B}[1m日本\u{1B}[22m 👍🏽"])
    }

    @Test func `with marks that make no sense is shown without them`() {
        let snippet = Snippet(text: "abc", marks: [2..<9, 1..<2])
        #expect(snippet.lines(width: 80, count: 2, .plain) == ["abc"])
    }

    @Test func `is broken at spaces`() {
        let snippet = Snippet(text: "one two three four", marks: [4..<7])
        #expect(snippet.lines(width: 10, count: 2, .plain) == ["one two", "three four"])
        #expect(snippet.lines(width: 10, count: 1, .plain) == ["one two t…"])
    }

    @Test func `that is too long begins shortly before the first match`() {
        let text = String(repeating: "a ", count: 60) + "needle" + String(repeating: " b", count: 60)
        let lines = Snippet(text: text, marks: [120..<126]).lines(width: 30, count: 1, .plain)
        #expect(lines.count == 1 && lines[0].hasPrefix("…") && lines[0].hasSuffix("…"))
        #expect(lines[0].contains("needle"))
    }

    @Test(arguments: [2, 7, 38, 40, 78, 198], [1, 2])
    func `fits, whatever script it is in`(width: Int, count: Int) {
        for text in Hostile.names {
            let text = String(repeating: text + " ", count: 12)
            let scalars = text.unicodeScalars.count
            for mark in [0..<1, scalars / 2..<scalars / 2 + 2, scalars - 2..<scalars - 1] {
                let lines = Snippet(text: text, marks: [mark]).lines(width: width, count: count, .plain)
                #expect(lines.count <= count && lines.allSatisfy { $0.columns <= width }, "\(lines)")
                #expect(lines.allSatisfy { $0.sanitised(.line) == $0 })
            }
        }
    }
}

/// Names that a person, a model or a server may give a conversation.
enum Hostile {
    static let names = [
        "Haushaltsplan für das nächste Jahr, mit allen Ausgaben und Einnahmen der ganzen Familie",
        "京都の旅行計画と予算についての長い会話です。とても長い名前。", "خطة الميزانية للسنة القادمة مع كل التفاصيل",
        "अगले वर्ष का बजट और उसकी सारी बातें", "👩‍👩‍👧‍👦 🎉 party budget 🎂", "\u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{7}\u{9B}2J",
        "a\tb\nc\u{202E}evil", "e\u{301}\u{301}\u{301} combining",
    ]
}
