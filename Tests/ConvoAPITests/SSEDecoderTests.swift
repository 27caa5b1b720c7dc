import ConvoAPI
import Fuzzing
import SeededRandom
import Testing

/// The events that a decoder makes of chunks that it gets one after the other.
func decode(_ chunks: [[UInt8]], _ decoder: SSEDecoder = SSEDecoder()) throws -> [ServerSentEvent] {
    var decoder = decoder
    var events: [ServerSentEvent] = []
    for chunk in chunks {
        decoder.feed(chunk)
        while let event = try decoder.next() { events.append(event) }
    }
    return events
}

func decode(_ text: String) throws -> [ServerSentEvent] { try decode([Array(text.utf8)]) }

@Suite struct `The events of a stream` {
    @Test func `follow the standard's examples`() throws {
        #expect(try decode("data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerSentEvent(data: "YHOO\n+2\n10")])
        let comments = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
        #expect(try decode(comments).map(\.data) == ["first event", "second event", " third event"])
        #expect(try decode("data\n\ndata\ndata\n\ndata:").map(\.data) == ["", "\n"])
        #expect(try decode("data:test\n\ndata: test\n\n").map(\.data) == ["test", "test"])
    }

    @Test func `have the type that is named, once`() throws {
        let events = try decode(
            "event: a\ndata: 1\n\ndata: 2\n\nevent: b\n\ndata: 3\n\nevent: c\nevent: d\ndata: 4\n\n")
        #expect(events.map(\.type) == ["a", "message", "message", "d"])
    }

    @Test func `are the same with each kind of line end`() throws {
        for transcript in Transcript.all {
            let expected = try decode(transcript)
            #expect(!expected.isEmpty)
            #expect(try decode(transcript.replacing("\n", with: "\r\n")) == expected)
            #expect(try decode(transcript.replacing("\n", with: "\r")) == expected)
        }
    }

    @Test func `come at the CR already`() throws { #expect(try decode("data: x\r\r").count == 1) }

    @Test func `may begin with a byte order mark, once`() throws {
        #expect(try decode("\u{FEFF}data: x\n\n") == [ServerSentEvent(data: "x")])
        #expect(try decode("\u{FEFF}\u{FEFF}data: x\n\n") == [])
        #expect(try decode("data: a\n\n\u{FEFF}data: x\n\n") == [ServerSentEvent(data: "a")])
    }

    @Test func `ignore fields that are not theirs`() throws {
        let text = "retry: 5\nid: 7\nfoo: bar\nDATA: no\n data: no\ndata : no\n:data: no\ndata: yes\n\n"
        #expect(try decode(text) == [ServerSentEvent(data: "yes")])
    }

    @Test func `do not exist before their empty line`() throws {
        #expect(try decode("data: x") == [])
        #expect(try decode("data: x\n") == [])
    }

    @Test func `repair what is not UTF-8`() throws {
        let bytes: [UInt8] = Array("data: a".utf8) + [0xFF, 0xC3] + Array("b\n\n".utf8)
        #expect(try decode([bytes]) == [ServerSentEvent(data: "a\u{FFFD}\u{FFFD}b")])
    }

    @Test func `are bounded`() throws {
        let small = SSEDecoder(lineLimit: 10, eventLimit: 15)
        #expect(try decode([Array("data: 5678\n\n".utf8)], small).count == 1)
        #expect(throws: SSEDecoder.LimitExceeded.lineTooLong(limit: 10)) {
            try decode([Array("data: 5678".utf8), Array("9".utf8)], small)
        }
        #expect(throws: SSEDecoder.LimitExceeded.lineTooLong(limit: 10)) {
            try decode([Array("data: 56789\n\n".utf8)], small)
        }
        #expect(throws: SSEDecoder.LimitExceeded.eventTooLarge(limit: 15)) {
            try decode([Array(String(repeating: "data: 5\n", count: 20).utf8)], small)
        }
    }
}

@Suite struct `However the bytes are cut` {
    @Test(arguments: Transcript.all.indices, ["\n", "\r\n", "\r"])
    func `at each single place, the events are the same:`(_ number: Int, _ end: String) throws {
        let bytes = Array(("\u{FEFF}" + Transcript.all[number].replacing("\n", with: end)).utf8)
        let expected = try decode([bytes])
        for cut in 0...bytes.count {
            #expect(try decode([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected)
        }
        #expect(try decode(bytes.map { [$0] }) == expected)
    }

    @Test func `random streams give the same events whole and in pieces`() throws {
        var random = SplitMix64(seed: 20_261_122)
        for number in 0..<FuzzRun(standard: 100_000).count {
            let bytes = RandomStream.bytes(&random)
            let whole = try decode([bytes])
            let pieces = RandomStream.cut(bytes, &random)
            guard try decode(pieces) == whole, whole == ReferenceDecoder.events(of: bytes) else {
                Issue.record("stream \(number) differs: \(bytes) cut as \(pieces)")
                return
            }
        }
    }
}

/// Random streams made of the pieces that matter to a decoder.
enum RandomStream {
    private static let parts: [[UInt8]] = [
        [0x0A], [0x0D], [0x0D, 0x0A], [0x0A, 0x0A], Array("data:".utf8), Array("data: ".utf8), Array("data".utf8),
        Array("event: ".utf8), Array("event:x".utf8), Array("id: 1".utf8), Array(":".utf8), Array(" ".utf8),
        Array("é".utf8),
        Array("🦊".utf8), [0xEF, 0xBB, 0xBF], [0xFF], [0x00], Array("retry: 1".utf8), Array("{\"a\":1}".utf8),
    ]

    static func bytes(_ random: inout SplitMix64) -> [UInt8] {
        (0..<Int.random(in: 0..<24, using: &random)).flatMap { _ in parts.randomElement(using: &random) ?? [] }
    }

    static func cut(_ bytes: [UInt8], _ random: inout SplitMix64) -> [[UInt8]] {
        var pieces: [[UInt8]] = [[]]
        for byte in bytes {
            if Bool.random(using: &random) { pieces.append([]) }
            pieces[pieces.count - 1].append(byte)
        }
        return pieces
    }
}

/// The standard's grammar implemented in the simplest way, for a complete stream.
enum ReferenceDecoder {
    static func events(of bytes: [UInt8]) -> [ServerSentEvent] {
        var text = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
        if text.first == "\u{FEFF}" { text = text.dropFirst() }
        var events: [ServerSentEvent] = []
        var (type, data) = ("", "")
        for line in lines(of: text) {
            if line.isEmpty {
                if !data.isEmpty {
                    events.append(ServerSentEvent(type: type.isEmpty ? "message" : type, data: withoutLastFeed(data)))
                }
                (type, data) = ("", "")
                continue
            }
            let colon = line.firstIndex(of: ":")
            let name = String(line[..<(colon ?? line.endIndex)])
            var value = colon.map { line[line.index(after: $0)...] } ?? ""[...].unicodeScalars
            if value.first == " " { value = value.dropFirst() }
            if name == "data" { data += String(value) + "\n" }
            if name == "event" { type = String(value) }
        }
        return events
    }

    private static func withoutLastFeed(_ data: String) -> String {
        String(String.UnicodeScalarView(data.unicodeScalars.dropLast()))
    }

    /// The lines of the text; a last one without an end is left out.
    private static func lines(of text: Substring.UnicodeScalarView) -> [Substring.UnicodeScalarView] {
        var lines: [Substring.UnicodeScalarView] = []
        var start = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == "\n" || text[index] == "\r" {
                lines.append(text[start..<index])
                let isPair = text[index] == "\r" && next < text.endIndex && text[next] == "\n"
                start = isPair ? text.index(after: next) : next
                index = start
            } else {
                index = next
            }
        }
        return lines
    }
}
