import ConvoTerminal
import Testing

@Suite struct `Text for the terminal` {
    @Test(arguments: [
        ("\u{1B}[31mred\u{1B}[0m", "␛[31mred␛[0m"), ("\u{1B}]0;title\u{7}", "␛]0;title␇"),
        ("a\u{8}b\u{7F}", "a␈b␡"), ("\u{9B}31m", "<U+009B>31m"), ("\u{202E}evil\u{202C}", "<U+202E>evil<U+202C>"),
        ("\u{2066}x\u{2069}", "<U+2066>x<U+2069>"), ("over\rwrite", "over␍write"), ("\u{0}", "␀"),
        ("tag\u{E0041}", "tag<U+E0041>"), ("\u{FEFF}bom", "<U+FEFF>bom"),
    ])
    func `shows what would be obeyed`(text: String, expected: String) {
        #expect(text.sanitised(.block) == expected)
        #expect(text.sanitised(.line) == expected)
    }

    @Test(arguments: [
        "plain", "na\u{EF}ve caf\u{E9}", "日本語", "👩‍👩‍👧‍👦 ❤️ 🇩🇪", "می‌خواهم", "क्‍ष", "ไทย\u{200B}ไทย", "x\u{301}\u{302}",
    ])
    func `leaves writing alone`(text: String) {
        #expect(text.sanitised(.line) == text)
    }

    @Test func `keeps lines in a block and flattens them in a line`() {
        let text = "a\tb\r\nc\nd\u{2028}e"
        #expect(text.sanitised(.block) == "a\tb\nc\nd\ne")
        #expect(text.sanitised(.line) == "a b c d e")
    }

    @Test func `never holds a control character, whatever went in`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<20 {
                guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &generator)) else { continue }
                text.unicodeScalars.append(scalar)
            }
            let clean = text.sanitised(.line)
            #expect(clean.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
            #expect(clean.sanitised(.line) == clean)
        }
    }
}
