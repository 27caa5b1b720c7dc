/// Walks a text that is already known to be valid, compact JSON. On any other text it ends early; it never traps.
struct JSONCursor {
    private let text: Substring.UTF8View
    private var index: Substring.UTF8View.Index

    init(_ text: String) {
        self.text = text[...].utf8
        index = self.text.startIndex
    }

    /// Steps over the opening bracket or brace.
    mutating func enter() { advance() }

    /// The next member's key with its quotes, `nil` at the object's end. Steps over the colon.
    mutating func nextKey() -> Substring? {
        skipComma()
        guard peek() == UInt8(ascii: "\"") else { return nil }
        let key = nextValue()
        advance()
        return key
    }

    /// The next element, `nil` at the array's end.
    mutating func nextElement() -> Substring? {
        skipComma()
        guard let byte = peek(), byte != UInt8(ascii: "]") else { return nil }
        let element = nextValue()
        return element.isEmpty ? nil : element
    }

    /// The value that starts here, of any kind.
    mutating func nextValue() -> Substring {
        let start = index
        switch peek() {
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): skipContainer()
        default: skipScalar()
        }
        return Substring(text[start..<index])
    }

    private mutating func skipString() {
        advance()
        while let byte = peek() {
            advance()
            if byte == UInt8(ascii: "\"") { return }
            if byte == UInt8(ascii: "\\") { advance() }
        }
    }

    private mutating func skipContainer() {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            advance()
            if depth == 0 { return }
        }
    }

    private mutating func skipScalar() {
        while let byte = peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") {
            advance()
        }
    }

    private mutating func skipComma() {
        if peek() == UInt8(ascii: ",") { advance() }
    }

    private func peek() -> UInt8? { index < text.endIndex ? text[index] : nil }

    private mutating func advance() {
        if index < text.endIndex { text.formIndex(after: &index) }
    }
}

extension JSONCursor {
    /// Whether a quoted JSON string says the same as a Swift string.
    static func matches(_ quoted: Substring, _ plain: String) -> Bool {
        let inner = quoted.utf8.dropFirst().dropLast()
        return inner.contains(UInt8(ascii: "\\")) ? unescape(quoted) == plain : inner.elementsEqual(plain.utf8)
    }

    /// A quoted JSON string's characters.
    static func unescape(_ quoted: Substring) -> String {
        let inner = quoted.utf8.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return String(Substring(inner)) }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var bytes = inner.makeIterator()
        var highSurrogate: UInt32?
        func flush() {
            if highSurrogate != nil { result.append(contentsOf: "\u{FFFD}".utf8) }
            highSurrogate = nil
        }
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "\\"), let escape = bytes.next() else {
                flush()
                result.append(byte)
                continue
            }
            guard escape == UInt8(ascii: "u") else {
                flush()
                result.append(simpleEscape(escape))
                continue
            }
            let unit = (0..<4).reduce(UInt32(0)) { value, _ in value << 4 | UInt32(hexValue(bytes.next() ?? 0x30)) }
            if let high = highSurrogate, (0xDC00..<0xE000).contains(unit) {
                highSurrogate = nil
                append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), to: &result)
            } else if (0xD800..<0xDC00).contains(unit) {
                flush()
                highSurrogate = unit
            } else {
                flush()
                append(unit, to: &result)
            }
        }
        flush()
        return String(decoding: result, as: UTF8.self)
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
    }

    private static func simpleEscape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: byte
        }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: 0
        }
    }
}
