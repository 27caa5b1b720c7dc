/// A token of a string literal that contains SQL.
struct SQLToken: Hashable {
    enum Kind { case word, number, symbol, open, close, opaque }

    let kind: Kind
    let range: Range<Int>
    let text: String
    /// How many parentheses are open around the token; a parenthesis is not inside itself.
    let depth: Int

    /// Whether the token is one of these words, which are in capitals as SQL's words are in our source.
    func isWord(_ words: Set<String>) -> Bool { kind == .word && words.contains(text) }
}

/// Cuts a literal into tokens; quoted texts, parameters and interpolations are opaque.
struct SQLTokenizer {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private var tokens: [SQLToken] = []

    static func tokens(of literal: String) -> [SQLToken] {
        var tokenizer = SQLTokenizer(bytes: Array(literal.utf8))
        while tokenizer.position < tokenizer.bytes.count { tokenizer.step() }
        return tokenizer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func step() {
        let start = position
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\""): position += 1
        case UInt8(ascii: "\\"): skipEscape(from: start)
        case UInt8(ascii: "'"):
            position += 1
            while position < bytes.count, bytes[position] != byte { position += 1 }
            position = min(position + 1, bytes.count)
            add(.opaque, from: start)
        case UInt8(ascii: "?"):
            position += 1
            while position < bytes.count, SQLTokenizer.isDigit(bytes[position]) { position += 1 }
            add(.opaque, from: start)
        case UInt8(ascii: "("):
            position += 1
            add(.open, from: start)
            depth += 1
        case UInt8(ascii: ")"):
            position += 1
            depth -= 1
            add(.close, from: start)
        case _ where SQLTokenizer.isDigit(byte):
            while position < bytes.count, SQLTokenizer.isDigit(bytes[position]) { position += 1 }
            add(.number, from: start)
        case _ where SQLTokenizer.isLetter(byte):
            while position < bytes.count,
                SQLTokenizer.isLetter(bytes[position]) || SQLTokenizer.isDigit(bytes[position])
                    || bytes[position] == UInt8(ascii: ".")
            {
                position += 1
            }
            add(.word, from: start)
        default:
            let symbols = Array("<>=!|".utf8)
            position += 1
            while symbols.contains(byte), position < bytes.count, symbols.contains(bytes[position]) { position += 1 }
            add(.symbol, from: start)
        }
    }

    /// Reads `\(…)` as an opaque token; any other escape gives no token.
    private mutating func skipEscape(from start: Int) {
        position += 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "(") else {
            position = min(position + 1, bytes.count)
            return
        }
        var open = 0
        repeat {
            if bytes[position] == UInt8(ascii: "(") { open += 1 }
            if bytes[position] == UInt8(ascii: ")") { open -= 1 }
            position += 1
        } while open > 0 && position < bytes.count
        add(.opaque, from: start)
    }

    private mutating func add(_ kind: SQLToken.Kind, from start: Int) {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        tokens.append(SQLToken(kind: kind, range: start..<position, text: text, depth: depth))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            || byte == UInt8(ascii: "_")
    }
}
