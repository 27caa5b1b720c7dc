/// Walks a text that is known to be valid, compact JSON; on any other text it ends early, and never traps.
///
/// Positions and ranges count bytes. The bytes must stay in place and unchanged while the cursor is used.
package struct JSONCursor {
    package let bytes: UnsafeBufferPointer<UInt8>
    package private(set) var index = 0

    package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Steps over the opening bracket or brace.
    package mutating func enter() { index = min(index + 1, bytes.count) }

    /// The next member's key with its quotes; `nil` at the object's end.
    ///
    /// Steps over the colon too.
    package mutating func nextKey() -> Range<Int>? {
        skipComma()
        guard peek() == UInt8(ascii: "\"") else { return nil }
        let key = nextValue()
        enter()
        return key
    }

    /// The next element; `nil` at the array's end.
    package mutating func nextElement() -> Range<Int>? {
        skipComma()
        guard let byte = peek(), byte != UInt8(ascii: "]") else { return nil }
        let element = nextValue()
        return element.isEmpty ? nil : element
    }

    /// The value that starts here, of any kind.
    package mutating func nextValue() -> Range<Int> {
        let start = index
        switch peek() {
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): skipContainer()
        default: skipScalar()
        }
        return start..<index
    }

    package func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipComma() {
        if peek() == UInt8(ascii: ",") { index += 1 }
    }

    private mutating func skipString() {
        var place = index + 1
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") { place += 1 }
        }
        index = min(place, bytes.count)
    }

    private mutating func skipContainer() {
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
            if depth == 0 { return }
        }
    }

    private mutating func skipScalar() {
        while let byte = peek(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") {
            index += 1
        }
    }
}

extension JSONCursor {
    /// The text of a value, exactly as the JSON has it.
    package func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether a quoted JSON string stands for the same bytes as a Swift string.
    package func matches(_ quoted: Range<Int>, _ plain: String) -> Bool {
        let inner = JSONCursor.inner(quoted)
        return bytes[inner].contains(UInt8(ascii: "\\"))
            ? JSONCursor.unescape(bytes[inner]).hasSameBytes(as: plain) : bytes[inner].elementsEqual(plain.utf8)
    }

    /// A quoted JSON string's characters, escapes resolved; a lone surrogate becomes U+FFFD.
    package func unescape(_ quoted: Range<Int>) -> String { JSONCursor.unescape(bytes[JSONCursor.inner(quoted)]) }

    /// The range between the quotes.
    private static func inner(_ quoted: Range<Int>) -> Range<Int> {
        quoted.count < 2 ? quoted.upperBound..<quoted.upperBound : quoted.lowerBound + 1..<quoted.upperBound - 1
    }

    private static func unescape(_ inner: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        guard let firstEscape = inner.firstIndex(of: UInt8(ascii: "\\")) else {
            return String(decoding: inner, as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        result.append(contentsOf: inner[..<firstEscape])
        var bytes = inner[firstEscape...].makeIterator()
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
