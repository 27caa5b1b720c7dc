/// An opaque name, compared by its bytes. The server's ids are UUIDs in two layouts that sort differently, so no order is
/// read from them.
public protocol Identifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible where RawValue == String {
    init(_ rawValue: String)
}

extension Identifier {
    public init(rawValue: String) { self.init(rawValue) }
    public var description: String { rawValue }

    public static func == (one: Self, other: Self) -> Bool { one.rawValue.hasSameBytes(as: other.rawValue) }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A conversation's name in this store: given when it is first seen or started here, and never changed.
public struct LocalID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// A conversation's name on the server (`conv_…`).
public struct RemoteID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// An entry's name on the server (`msg_…`, `tool_exec_…`, `fc_…`, …): unique within its conversation only, because
/// a restart may copy entries under the same ids.
public struct EntryID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of one write in the outbox.
public struct OperationID: Identifier {
    public let rawValue: String
    public init(_ rawValue: String) { self.rawValue = rawValue }
}
