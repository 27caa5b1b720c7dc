/// Checks one JSON text (RFC 8259) and drops the white space between its tokens; nothing else changes.
///
/// It is iterative and keeps the open containers on a stack of its own, so that a hostile text cannot overflow the
/// call stack.
package struct JSONCompactor {
    private enum Container { case array, object }
    private enum Expectation { case value, valueOrEnd, key, keyOrEnd, separator }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let depthLimit: Int
    private var index = 0
    private var output: [UInt8] = []
    private var open: [Container] = []
    private var depth = 0

    /// Checks and compacts a text; a byte order mark at its start is dropped.
    ///
    /// - Parameters:
    ///   - bytes: the text, in UTF-8; that strings hold valid UTF-8 is not checked.
    ///   - depthLimit: the greatest number of levels of arrays and objects.
    /// - Returns: the compact text, and the number of its levels.
    /// - Throws: ``JSONSyntaxError`` at the first byte that does not fit.
    package static func compact(
        _ bytes: [UInt8], depthLimit: Int
    ) throws(JSONSyntaxError) -> (bytes: [UInt8], depth: Int) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONSyntaxError) in
                var compactor = JSONCompactor(
                    bytes: UnsafeBufferPointer(rebasing: buffer[start...]), depthLimit: depthLimit)
                try compactor.run()
                return (compactor.output, compactor.depth)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        output.reserveCapacity(bytes.count)
    }

    private mutating func run() throws(JSONSyntaxError) {
        var expectation = Expectation.value
        while true {
            skipWhiteSpace()
            guard index < bytes.count else { throw error(.unexpectedEnd) }
            expectation = try token(where: expectation)
            if open.isEmpty, expectation == .separator { break }
        }
        skipWhiteSpace()
        guard index == bytes.count else { throw error(.trailingText) }
    }

    /// Reads one token (a key takes its colon along) and says what may follow.
    private mutating func token(where expectation: Expectation) throws(JSONSyntaxError) -> Expectation {
        let byte = bytes[index]
        switch (expectation, byte) {
        case (.valueOrEnd, UInt8(ascii: "]")), (.keyOrEnd, UInt8(ascii: "}")):
            return close()
        case (.separator, UInt8(ascii: ",")):
            emit()
            return open.last == .array ? .value : .key
        case (.separator, UInt8(ascii: "]")) where open.last == .array,
            (.separator, UInt8(ascii: "}")) where open.last == .object:
            return close()
        case (.key, UInt8(ascii: "\"")), (.keyOrEnd, UInt8(ascii: "\"")):
            try string()
            skipWhiteSpace()
            guard index < bytes.count else { throw error(.unexpectedEnd) }
            guard bytes[index] == UInt8(ascii: ":") else { throw unexpected() }
            emit()
            return .value
        case (.value, _), (.valueOrEnd, _):
            return try value(startingWith: byte)
        default:
            throw unexpected()
        }
    }

    private mutating func value(startingWith byte: UInt8) throws(JSONSyntaxError) -> Expectation {
        switch byte {
        case UInt8(ascii: "{"):
            try enter(.object)
            return .keyOrEnd
        case UInt8(ascii: "["):
            try enter(.array)
            return .valueOrEnd
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
        return .separator
    }

    private mutating func enter(_ container: Container) throws(JSONSyntaxError) {
        guard open.count < depthLimit else { throw error(.tooDeep(limit: depthLimit)) }
        open.append(container)
        depth = max(depth, open.count)
        emit()
    }

    private mutating func close() -> Expectation {
        open.removeLast()
        emit()
        return .separator
    }

    private mutating func string() throws(JSONSyntaxError) {
        let start = index
        index += 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                output.append(contentsOf: bytes[start..<index])
                return
            case UInt8(ascii: "\\"):
                try escape()
            case 0..<0x20:
                throw unexpected()
            default:
                index += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func escape() throws(JSONSyntaxError) {
        index += 1
        guard index < bytes.count else { throw error(.unexpectedEnd) }
        switch bytes[index] {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                index += 1
                guard index < bytes.count else { throw error(.unexpectedEnd) }
                guard JSONCompactor.isHexDigit(bytes[index]) else { throw unexpected() }
            }
            index += 1
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        default:
            throw unexpected()
        }
    }

    private mutating func literal(_ word: StaticString) throws(JSONSyntaxError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index < bytes.count else { throw error(.unexpectedEnd) }
            guard bytes[index] == word.utf8Start[offset] else { throw unexpected() }
            emit()
        }
    }

    private mutating func number() throws(JSONSyntaxError) {
        if peek() == UInt8(ascii: "-") { emit() }
        if peek() == UInt8(ascii: "0") { emit() } else { try digits() }
        if peek() == UInt8(ascii: ".") {
            emit()
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            emit()
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { emit() }
            try digits()
        }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard let first = peek() else { throw error(.unexpectedEnd) }
        guard JSONCompactor.isDigit(first) else { throw unexpected() }
        while let byte = peek(), JSONCompactor.isDigit(byte) { emit() }
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func emit() {
        output.append(bytes[index])
        index += 1
    }

    private mutating func skipWhiteSpace() {
        while index < bytes.count, JSONCompactor.isWhiteSpace(bytes[index]) { index += 1 }
    }

    private func unexpected() -> JSONSyntaxError { error(.unexpectedByte(bytes[index])) }
    private func error(_ reason: JSONSyntaxError.Reason) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: index)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
    }
    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

/// Why a text is not one JSON value (RFC 8259).
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of mistake.
    public enum Reason: Hashable, Sendable {
        /// The text ends before its value does, or holds no value.
        case unexpectedEnd
        /// The byte cannot stand at this place.
        case unexpectedByte(UInt8)
        /// The text is JSON, but not UTF-8.
        case invalidUTF8
        /// Arrays and objects are nested in more levels than `limit`.
        case tooDeep(limit: Int)
        /// Something other than white space follows the value.
        case trailingText
    }

    /// The kind of mistake.
    public let reason: Reason
    /// The mistake's place in bytes from the start of the text, a byte order mark not counted; 0 for
    /// ``Reason/invalidUTF8``.
    public let offset: Int

    /// A clause without a capital or a full stop, which shows at most one byte of the text.
    public var description: String {
        switch reason {
        case .unexpectedEnd: "the JSON text ends too early, at byte \(offset)"
        case .unexpectedByte(let byte): "unexpected byte 0x\(String(byte, radix: 16)) in JSON at byte \(offset)"
        case .invalidUTF8: "the JSON text is not valid UTF-8"
        case .tooDeep(let limit): "JSON nested deeper than \(limit) levels at byte \(offset)"
        case .trailingText: "text after the JSON value, at byte \(offset)"
        }
    }
}
