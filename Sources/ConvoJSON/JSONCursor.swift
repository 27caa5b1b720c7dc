import ConvoPlatform

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

    /// Goes from an object's start to the value of its first member of a name.
    ///
    /// - Returns: whether there is one; without one, the cursor is at the object's end.
    package mutating func seek(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { key in
            enter()
            while let name = nextKey() {
                if matches(name, key) { return true }
                _ = nextValue()
            }
            return false
        }
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

    /// Steps over a string: to the first quotation mark behind its start that no backslash escapes, and so has an even number
    /// of them before it.
    private mutating func skipString() {
        var from = index + 1
        while let quote = bytes.firstIndex(of: UInt8(ascii: "\""), from: from) {
            from = quote + 1
            var start = quote
            while start > index + 1, bytes[start - 1] == UInt8(ascii: "\\") { start -= 1 }
            if (quote - start).isMultiple(of: 2) {
                index = from
                return
            }
        }
        index = bytes.count
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

    /// Whether a quoted JSON string stands for these bytes.
    private func matches(_ quoted: Range<Int>, _ plain: UnsafeBufferPointer<UInt8>) -> Bool {
        let inner = UnsafeBufferPointer(rebasing: bytes[JSONCursor.inner(quoted)])
        if inner.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil {
            return JSONCursor.unescape(inner).utf8.elementsEqual(plain)
        }
        guard inner.count == plain.count, let mine = inner.baseAddress, let theirs = plain.baseAddress else {
            return inner.isEmpty && plain.isEmpty
        }
        return memcmp(mine, theirs, inner.count) == 0
    }

    /// A quoted JSON string's characters, escapes resolved; a lone surrogate becomes U+FFFD.
    package func unescape(_ quoted: Range<Int>) -> String {
        JSONCursor.unescape(UnsafeBufferPointer(rebasing: bytes[JSONCursor.inner(quoted)]))
    }

    /// The range between the quotes.
    private static func inner(_ quoted: Range<Int>) -> Range<Int> {
        quoted.count < 2 ? quoted.upperBound..<quoted.upperBound : quoted.lowerBound + 1..<quoted.upperBound - 1
    }

    private static func unescape(_ inner: UnsafeBufferPointer<UInt8>) -> String {
        let backslash = UInt8(ascii: "\\")
        guard var escape = inner.firstIndex(of: backslash, from: 0) else {
            return String(decoding: inner, as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(inner.count)
        var place = 0
        var highSurrogate: UInt32?
        func flush() {
            if highSurrogate != nil { result.append(contentsOf: "\u{FFFD}".utf8) }
            highSurrogate = nil
        }
        /// The next byte; `nil` at the end.
        func next() -> UInt8? {
            guard place < inner.count else { return nil }
            place += 1
            return inner[place - 1]
        }
        while true {
            if escape > place { flush() }
            result.append(contentsOf: inner[place..<escape])
            place = escape + 1
            guard escape < inner.count else { break }
            switch next() {
            case UInt8(ascii: "u"):
                let unit = (0..<4).reduce(UInt32(0)) { value, _ in value << 4 | UInt32(hexValue(next() ?? 0x30)) }
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
            case let byte:
                flush()
                result.append(byte.map(simpleEscape) ?? backslash)
            }
            escape = inner.firstIndex(of: backslash, from: place) ?? inner.count
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

extension UnsafeBufferPointer<UInt8> {
    /// The first place of a byte from a place on, which may be the end or behind it; `nil` where there is none.
    fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count, let found = memchr(base + start, Int32(byte), count - start) else {
            return nil
        }
        return UnsafeRawPointer(base).distance(to: found)
    }
}
