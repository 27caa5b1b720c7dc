import ConvoJSON
import ConvoModel
import ConvoTerminal
import Testing

@Suite struct `The terminal` {
    @Test(
        arguments: [
            (true, nil, "xterm", true), (true, "", "xterm", true), (true, "1", "xterm", false),
            (false, nil, "xterm", false),
            (true, nil, "dumb", false),
        ] as [(Bool, String?, String?, Bool)])
    func `is coloured where it wants to be`(isTerminal: Bool, noColor: String?, term: String?, expected: Bool) {
        #expect(ANSIStyle(isTerminal: isTerminal, noColor: noColor, term: term).isColoured == expected)
    }

    @Test func `gets styles only in colour`() {
        #expect(ANSIStyle.plain.strong("x") == "x")
        #expect(ANSIStyle.coloured.strong("x") == "\u{1B}[1mx\u{1B}[22m")
    }

    @Test func `shows a failure as a sentence and a hint, with nothing obeyed`() {
        let failure = CLIError(.notFound, code: "x", message: "No \u{1B}[2J.", hint: "Try\nthis.")
        #expect(failure.text(ansi: .plain) == "Error: No ␛[2J.\nHint: Try this.")
    }

    @Test func `has a JSON form of a failure`() {
        let failure = CLIError(.notFound, code: "no_such_conversation", message: "There is no \"x\".")
        #expect(
            failure.json.text
                == #"{"error":{"code":"no_such_conversation","message":"There is no \"x\".","hint":null}}"#)
    }

    @Test(arguments: [
        (0, "now"), (44, "now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"), (86_400, "1 day ago"),
        (172_800, "2 days ago"), (40 * 86_400, "2026-01-01"), (-7200, "in 2 h"),
    ])
    func `says moments as people do`(seconds: Int64, expected: String) {
        let now: Int64 = 1_800_000_000_000_000
        #expect(RelativeTime.text(now - seconds * 1_000_000, now: now, date: "2026-01-01") == expected)
    }
}
