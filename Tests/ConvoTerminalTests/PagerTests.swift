// The tests of one type.

import Testing

@testable import ConvoTerminal

@Suite struct `A pager` {
    @Test(
        arguments: [
            (true, nil, nil, "less"), (true, "most -s", nil, "most -s"), (true, "", nil, nil), (true, "cat", nil, nil),
            (false, "less", nil, nil), (true, nil, "dumb", nil),
        ] as [(Bool, String?, String?, String?)])
    func `is for people at a terminal`(isTerminal: Bool, named: String?, term: String?, expected: String?) {
        #expect(Pager.command(isTerminal: isTerminal, named: named, term: term) == expected)
    }

    @Test(
        arguments: [
            ("less", "less"), ("/usr/bin/less -S", "/usr/bin/less"), ("most", nil), ("less;x", nil), ("$(less", nil),
            ("", nil),
        ] as [(String, String?)])
    func `is less by its name`(command: String, program: String?) {
        #expect(Pager.less(in: command) == program)
    }

    @Test(
        arguments: [("less 590 (GNU regular expressions)\n", 590), ("less 551", 551), ("more", nil), ("less x", nil)]
            as [(String, Int?)])
    func `tells its version`(text: String, version: Int?) {
        #expect(Pager.lessVersion(text) == version)
    }

    @Test func `has a progress line beside it that stays on its line`() {
        #expect(ProgressLine.line("a\nb", width: 80) == "\r\u{1B}[2Ka b")
        #expect(ProgressLine.line("abcdef", width: 5) == "\r\u{1B}[2Kabc…")
    }
}
