public import ConvoModel

/// The body of an answer that should be JSON.
public enum Payload: Hashable, Sendable {
    case json(JSONText)
    /// Bytes that JSON does not allow, or that nest deeper than ``JSONText`` does, as a faulty server sends them.
    case bytes([UInt8])

    public var utf8: [UInt8] {
        switch self {
        case .json(let json): Array(json.text.utf8)
        case .bytes(let bytes): bytes
        }
    }
}
