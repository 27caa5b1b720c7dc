/// One JSON value, kept as the text it came as, but for the white space between its tokens.
///
/// Convo's promise is a lossless mirror: key order, unknown fields, `1.0`, integers of twenty digits, escapes and
/// `null` must survive. Types that decode (Foundation's included) lose them; this one keeps the text and reads from
/// it only what is asked for.
///
/// Every value of this type is valid JSON (RFC 8259) of at most ``depthLimit`` levels. Two are equal where their bytes
/// are. Reading a member walks the text: fine for the objects of this API, wrong for a large table of keys.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
    /// SQLite's own JSON functions refuse more than 1,000 levels; what we take in must stay readable there.
    public static let depthLimit = 500

    /// The value's text, without white space between tokens.
    public let text: String

    public var description: String { text }

    /// Takes in a JSON text.
    ///
    /// - Throws: ``JSONSyntaxError`` if it is not exactly one JSON value in UTF-8 within the depth limit.
    public init(_ text: String) throws(JSONSyntaxError) {
        try self.init(utf8: Array(text.utf8))
    }

    /// Takes in the bytes of a JSON text; a byte order mark at their start is dropped.
    ///
    /// - Throws: ``JSONSyntaxError`` if they are not exactly one JSON value in UTF-8 within the depth limit.
    public init(utf8 bytes: [UInt8]) throws(JSONSyntaxError) {
        let compact = try JSONCompactor.compact(bytes, depthLimit: JSONText.depthLimit)
        guard let text = String(validating: compact.bytes, as: UTF8.self) else {
            throw JSONSyntaxError(reason: .invalidUTF8, offset: 0)
        }
        self.text = text
    }

    public static func == (one: JSONText, other: JSONText) -> Bool { one.text.hasSameBytes(as: other.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// For text that is known to be valid and compact: a slice of a valid value, or what a builder wrote.
    init(trusted text: String) {
        self.text = text
    }

    /// For text read back from our own database, which took in only valid values.
    ///
    /// Skips the check. Reading from a text that is not valid gives `nil` and empty answers, never a crash.
    public static func stored(_ text: String) -> JSONText { JSONText(trusted: text) }
}
