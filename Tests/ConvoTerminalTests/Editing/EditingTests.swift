import ConvoJSON
import ConvoModel
import ConvoPlatform
import Testing

@testable import ConvoTerminal

@Suite struct `A paste` {
    private func outcome(of keys: String, limit: Int = PasteAssembler.limit) -> PasteAssembler.Outcome? {
        var assembler = PasteAssembler(limit: limit)
        var outcome: PasteAssembler.Outcome?
        for scalar in keys.unicodeScalars where outcome == nil { outcome = assembler.take(scalar) }
        return outcome
    }

    @Test(arguments: [
        ("one\rtwo", "one\ntwo"), ("one\r\ntwo\r\n", "one\ntwo"), ("one\n\ntwo\n\n", "one\n\ntwo"), ("", ""),
        ("a\tb\u{1B}[31mred", "a\tb\u{1B}[31mred"), ("nul\0byte", "nulbyte"), ("\u{1B}[20", "\u{1B}[20"),
        ("नमस्ते 👩‍👧", "नमस्ते 👩‍👧"),
    ])
    func `becomes one text with line feeds, whatever the terminal made of its line ends`(pasted: String, text: String) {
        #expect(outcome(of: pasted + PasteAssembler.ending) == .text(text))
    }

    @Test func `has no end before its mark`() {
        #expect(outcome(of: "one\rtwo\u{1B}[201") == nil)
    }

    @Test(arguments: [
        (100, PasteAssembler.Outcome.text(String(repeating: "x", count: 100))), (107, .tooLong), (999, .tooLong),
    ])
    func `is left out whole where it is too long`(count: Int, expected: PasteAssembler.Outcome) {
        #expect(outcome(of: String(repeating: "x", count: count) + PasteAssembler.ending, limit: 100) == expected)
    }

    @Test func `is joined where lines are read whole`() {
        var lines = PastedLines()
        #expect(lines.take("before") == "before")
        #expect(lines.take("\u{1B}[200~one") == nil)
        #expect(lines.isOpen)
        #expect(lines.take("two") == nil)
        #expect(lines.take("three\u{1B}[201~!") == "one\ntwo\nthree!")
        #expect(!lines.isOpen)
        #expect(lines.take("\u{1B}[200~alone\u{1B}[201~") == "alone")
    }
}

@Suite struct `The cursor's row` {
    @Test(arguments: [
        ("", 0), ("12345678", 1), ("1234567", 0), ("123456781", 1), ("1234567812345678", 1),
        ("12345678" + "1234567890", 2),
        ("a\nb", 1), ("a\n", 1), ("\n\n", 2), ("你好你好", 1), ("1234567你", 1), ("e\u{301}23456", 0), ("\u{1}234567", 1),
        ("a\tb", 0), ("a\tbc", 1),
    ])
    func `follows from what libedit draws behind a prompt of two columns, ten columns wide`(text: String, row: Int) {
        #expect(CursorRow.after(text.unicodeScalars, promptColumns: 2, width: 10) == row)
    }

    @Test func `is the prompt's where the terminal tells no width`() {
        #expect(CursorRow.after("long text".unicodeScalars, promptColumns: 2, width: 0) == 0)
    }
}

@Suite struct `Typed keys` {
    private func all(_ keys: inout TypedKeys) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = keys.next() { text.append(scalar) }
        return String(text)
    }

    @Test(arguments: 1...5)
    func `are whole characters, however their bytes come`(size: Int) {
        var (keys, text) = (TypedKeys(), "")
        let bytes = Array("aé你👩‍👧".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            keys.add(bytes[start..<min(start + size, bytes.count)])
            text += all(&keys)
        }
        #expect(text.unicodeScalars.elementsEqual("aé你👩‍👧".unicodeScalars))
        #expect(keys.isEmpty)
    }

    @Test func `leave out bytes that are no text`() {
        var keys = TypedKeys()
        keys.add([0x61, 0xFF, 0x62, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0x63])
        #expect(all(&keys) == "ab(c")
    }

    @Test func `that the program presses come before those that wait`() {
        var keys = TypedKeys()
        keys.add("ab".utf8)
        #expect(keys.next() == "a")
        keys.press("\u{1B}[9001~")
        #expect(all(&keys) == "\u{1B}[9001~b")
    }
}

@Suite struct `Keys of signals that were typed ahead` {
    private let keys = SignalKeys(signals: [3: SIGINT, 26: SIGTSTP])

    private func found(in typed: String, by size: Int) -> [String] {
        var (scan, waiting, found) = (SignalScan(keys), [UInt8](), [String]())
        let bytes = Array(typed.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            waiting += bytes[start..<min(start + size, bytes.count)]
            while let signal = scan.next(in: waiting[...]) {
                found.append("\(signal.signal) after \(signal.count - 1)")
                waiting.removeFirst(signal.count)
            }
        }
        return found + [String(decoding: waiting, as: UTF8.self)]
    }

    @Test(
        arguments: [
            ("ab\u{3}cd", ["2 after 2", "cd"]), ("\u{3}\u{3}", ["2 after 0", "2 after 0", ""]),
            ("a\u{1A}b", ["20 after 1", "b"]),
            ("\u{1B}\u{3}b", ["2 after 1", "b"]), ("\u{1B}[2\u{3}b", ["2 after 3", "b"]),
            ("\u{1B}[200~a\u{3}b\u{1B}[201~\u{3}c", ["2 after 15", "c"]),
            ("\u{1B}[200~a\u{3}b", ["\u{1B}[200~a\u{3}b"]),
            ("nothing", ["nothing"]),
        ], 1...7)
    func `are found outside of pastes, with what was typed before them`(typed: (String, [String]), size: Int) {
        #expect(found(in: typed.0, by: size) == typed.1)
    }
}

@Suite struct `A prompt` {
    @Test func `has marks around what takes no column, and only there`() {
        let prompt = ANSIStyle.coloured.person("> ")
        #expect(LineEditor.marked(prompt) == "\u{1}\u{1B}[1;36m\u{1}>\u{1}\u{1B}[22;39m\u{1} ")
        #expect(LineEditor.withoutEscapes(prompt) == "> ")
        #expect(LineEditor.marked("> ") == "> ")
    }
}
