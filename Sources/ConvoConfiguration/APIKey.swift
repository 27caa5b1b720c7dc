/// The secret that the server knows us by.
///
/// Printing, interpolating, dumping or reflecting it never shows it: a log line with a key in it has to be written
/// on purpose, by way of ``reveal()``.
public struct APIKey: Sendable {
    /// Longer than any key that the service has handed out, short enough for a header.
    public static let lengthLimit = 512

    private let secret: String

    /// Takes a key as a person or a file gives it: white space around it is dropped.
    ///
    /// - Throws: ``ConfigurationError/unusableKey(source:reason:)`` if nothing is left, or something that no HTTP
    ///   header may carry. The error names the source and never the text.
    public init(_ text: String, from source: String) throws(ConfigurationError) {
        let key = APIKey.trimmed(text)
        guard !key.isEmpty else { throw .unusableKey(source: source, reason: "it is empty") }
        guard key.utf8.count <= APIKey.lengthLimit else {
            throw .unusableKey(source: source, reason: "it is longer than \(APIKey.lengthLimit) bytes")
        }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .unusableKey(source: source, reason: "it has spaces, control characters or letters outside ASCII")
        }
        secret = key
    }

    /// The key itself, for the one header that carries it.
    public func reveal() -> String { secret }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(API key)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
