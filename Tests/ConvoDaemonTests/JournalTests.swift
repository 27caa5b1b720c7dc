import Logging
import Testing

@testable import convod

@Suite struct `A line for the journal` {
    @Test(arguments: [
        (Logger.Level.trace, "<7>"), (.debug, "<7>"), (.info, "<6>"), (.notice, "<5>"), (.warning, "<4>"),
        (.error, "<3>"), (.critical, "<2>"),
    ])
    func `begins with its priority`(level: Logger.Level, prefix: String) {
        #expect(JournalLogHandler.line(level, "x", [:]) == prefix + "x")
    }

    @Test func `is one line, with its facts in order, and no sequence that a terminal obeys`() {
        let line = JournalLogHandler.line(.info, "pulled\n<0>all is lost", ["scope": "full", "entries": "3\u{1B}[31m"])
        #expect(line.hasPrefix("<6>pulled"))
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
        #expect(line.contains(" entries=3") && line.hasSuffix(" scope=full"))
    }

    @Test func `of an error has the priority before each of its lines`() {
        #expect(JournalLogHandler.errors("Error: a\nHint: b") == "<3>Error: a\n<3>Hint: b")
    }

    @Test func `is written where standard error is what the variable names`() {
        #expect(JournalLogHandler.leadsToJournal("8:12345", device: 8, inode: 12345))
        #expect(!JournalLogHandler.leadsToJournal("8:12346", device: 8, inode: 12345))
        #expect(!JournalLogHandler.leadsToJournal(nil, device: 8, inode: 12345))
    }
}
