import Testing

@testable import ConvoTerminal

@Suite struct `An image on a terminal` {
    @Test(
        arguments: [
            (["KITTY_WINDOW_ID": "1", "TERM": "xterm-kitty"], .kitty), (["TERM_PROGRAM": "iTerm.app"], .iterm),
            (["TERM_PROGRAM": "WezTerm"], .iterm), (["TERM_PROGRAM": "ghostty"], .kitty),
            (["TERM": "xterm-256color"], nil),
            (["KITTY_WINDOW_ID": "1", "TMUX": "/tmp/x"], nil), (["TERM_PROGRAM": "iTerm.app", "TERM": "screen"], nil),
            ([:], nil),
        ] as [([String: String], ImageProtocol?)])
    func `has the protocol of the terminal`(variables: [String: String], expected: ImageProtocol?) {
        #expect(ImageProtocol { variables[$0] } == expected)
    }

    @Test func `is sent to kitty in chunks of at most 4096 bytes`() {
        let long = String(repeating: "abcd", count: 2500)
        let sequences = ImageProtocol.kitty.sequences(base64: long, columns: 40, isWider: true)
        let chunks = sequences.split(separator: "\u{1B}\\")
        #expect(chunks.count == 3)
        #expect(chunks[0].hasPrefix("\u{1B}_Ga=T,f=100,q=2,c=40,m=1;abcd"))
        #expect(chunks[1].hasPrefix("\u{1B}_Gm=1;abcd") && chunks[2].hasPrefix("\u{1B}_Gm=0;abcd"))
        #expect(chunks.map { $0.split(separator: ";")[1] }.joined() == long)
        #expect(chunks.allSatisfy { $0.split(separator: ";")[1].count <= 4096 })
    }

    @Test func `is sent to iTerm2 in one piece`() {
        #expect(
            ImageProtocol.iterm.sequences(base64: "abcd", columns: 40, isWider: false)
                == "\u{1B}]1337;File=inline=1;preserveAspectRatio=1;width=auto:abcd\u{07}")
        #expect(ImageProtocol.iterm.shows("image/jpeg") && !ImageProtocol.kitty.shows("image/jpeg"))
        #expect(!ImageProtocol.iterm.shows("image/svg+xml"))
    }

    @Test func `tells its width`() {
        let head: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        #expect(PixelSize(png: head + [0, 0, 2, 1, 0, 0, 0, 9])?.width == 513)
        #expect(PixelSize(png: head) == nil && PixelSize(png: []) == nil)
    }
}
