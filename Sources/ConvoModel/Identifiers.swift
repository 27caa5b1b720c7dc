import ConvoJSON

/// An opaque name, compared by its bytes.
///
/// The server's ids are UUIDs in two layouts that sort differently, so nothing may derive an order from them.
public protocol Identifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible where RawValue == String {
    /// Creates an identifier from its text; any text is accepted.
    init(_ rawValue: String)
}

extension Identifier {
    /// Creates an identifier from its text; any text is accepted.
    public init(rawValue: String) { self.init(rawValue) }
    /// The text of the identifier.
    public var description: String { rawValue }

    /// Whether both texts have the same bytes of UTF-8; `String`'s own `==` would take NFC and NFD for equal.
    public static func == (one: Self, other: Self) -> Bool { one.rawValue.hasSameBytes(as: other.rawValue) }
    /// Hashes the text, so that equal identifiers have equal hashes.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A conversation's name in this store.
///
/// The store gives it when it first sees the conversation or accepts its start, and never changes it.
public struct LocalID: Identifier {
    /// The name's text.
    public let rawValue: String
    /// Takes the text of a name that the store has given, or is about to give.
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A conversation's name on the server (`conv_…`).
public struct RemoteID: Identifier {
    /// The server's text, `conv_…` as a rule.
    public let rawValue: String
    /// Takes the text of an id that the server has given.
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An entry's name on the server (`msg_…`, `tool_exec_…`, `fc_…`, …), unique within its conversation only.
///
/// A restart may copy entries under the same ids.
public struct EntryID: Identifier {
    /// The server's text.
    public let rawValue: String
    /// Takes the text of an id that the server has given.
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of one write in the outbox.
public struct OperationID: Identifier {
    /// The name's text, `op_…`.
    public let rawValue: String
    /// Takes the text of a name that the store has given, or is about to give.
    public init(_ rawValue: String) { self.rawValue = rawValue }
}
