/// A value as SQLite holds it. Two texts are equal where their bytes are, as SQLite itself compares them.
public enum DatabaseValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    public static func == (one: DatabaseValue, other: DatabaseValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.integer(let one), .integer(let other)): one == other
        case (.real(let one), .real(let other)): one == other
        // Swift's own == takes NFC and NFD for equal.
        case (.text(let one), .text(let other)): one.utf8.elementsEqual(other.utf8)
        case (.blob(let one), .blob(let other)): one == other
        default: false
        }
    }
}

/// What can be bound to a statement and read from a row.
///
/// Reading takes a value of another kind as SQLite itself does (sqlite.org/c3ref/column_blob.html): NULL is 0 and the
/// empty text. Whoever wants to know of NULL asks for an optional.
public protocol DatabaseValueConvertible {
    var databaseValue: DatabaseValue { get }
    init(databaseValue: DatabaseValue)
}

extension Int64: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .integer(self) }

    public init(databaseValue: DatabaseValue) {
        switch databaseValue {
        case .null: self = 0
        case .integer(let number): self = number
        case .real(let number): self = Int64(exactly: number.rounded(.towardZero)) ?? 0
        case .text(let text): self = Int64(text) ?? 0
        case .blob(let bytes): self = Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
        }
    }
}

extension Int: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .integer(Int64(self)) }
    public init(databaseValue: DatabaseValue) { self = Int(truncatingIfNeeded: Int64(databaseValue: databaseValue)) }
}

extension Bool: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .integer(self ? 1 : 0) }
    public init(databaseValue: DatabaseValue) { self = Int64(databaseValue: databaseValue) != 0 }
}

extension Double: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .real(self) }

    public init(databaseValue: DatabaseValue) {
        switch databaseValue {
        case .null: self = 0
        case .integer(let number): self = Double(number)
        case .real(let number): self = number
        case .text(let text): self = Double(text) ?? 0
        case .blob(let bytes): self = Double(String(decoding: bytes, as: UTF8.self)) ?? 0
        }
    }
}

extension String: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .text(self) }

    public init(databaseValue: DatabaseValue) {
        switch databaseValue {
        case .null: self = ""
        case .integer(let number): self = "\(number)"
        case .real(let number): self = "\(number)"
        case .text(let text): self = text
        case .blob(let bytes): self = String(decoding: bytes, as: UTF8.self)
        }
    }
}
