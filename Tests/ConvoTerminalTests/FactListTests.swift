import ConvoTerminal
import Testing

@Suite struct `A list of facts` {
    private func lines(_ width: Int?, _ facts: (String, String)...) -> [String] {
        FactList.lines(facts.map { (label: $0, words: $1) }, width: width, ansi: .plain)
    }

    @Test func `has its facts in one column`() {
        #expect(
            lines(nil, ("id", "a"), ("remote id", "b"), ("", "c")) == ["id         a", "remote id  b", "           c"])
    }

    @Test func `is broken at spaces, below the fact's beginning`() {
        #expect(lines(20, ("state", "it runs and waits for you")) == ["state  it runs and", "       waits for you"])
    }

    @Test func `has a word below its label that is longer than the room beside it`() {
        #expect(lines(20, ("remote id", "conv_0123456789ab")) == ["remote id", "  conv_0123456789ab"])
        #expect(lines(10, ("id", "0123456789ab")) == ["id", "  01234567", "  89ab"])
    }

    @Test func `shows no character that a terminal would obey`() {
        #expect(lines(40, ("name", "\u{1B}[31mred\nline")) == ["name  ␛[31mred line"])
    }
}
