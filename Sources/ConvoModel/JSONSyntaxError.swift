/// Why a text is not one JSON value (RFC 8259).
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case unexpectedEnd
        case unexpectedByte(UInt8)
        case invalidUTF8
        case tooDeep(limit: Int)
        case trailingText
    }

    public let reason: Reason
    /// Bytes from the start of the text.
    public let offset: Int

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
