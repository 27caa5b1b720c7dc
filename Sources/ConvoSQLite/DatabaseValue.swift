/// A value as SQLite stores it.
///
/// Two texts are equal where their bytes are, as in SQLite's own comparison.
public enum DatabaseValue: Hashable, Sendable {
    /// SQL's `NULL`.
    case null
    /// A 64-bit integer.
    case integer(Int64)
    /// A 64-bit floating-point number.
    case real(Double)
    /// A text in UTF-8.
    case text(String)
    /// Bytes that SQLite leaves as they are.
    case blob([UInt8])

    /// Whether both are of one kind and the same value; an integer never equals a real.
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

/// A type whose values can be bound to a statement and read from a row.
///
/// A value of another kind is converted, much as SQLite does it (sqlite.org/c3ref/column_blob.html): `NULL` is 0 and
/// the empty text, and a number is its decimal text. Unlike in SQLite, a text that is not a number as a whole is 0,
/// and so is a real that does not fit an integer. An optional tells `NULL` apart.
public protocol DatabaseValueConvertible {
    /// The value as SQLite stores it.
    var databaseValue: DatabaseValue { get }
    /// Converts a value that SQLite holds; the conversion never fails.
    init(databaseValue: DatabaseValue)
}

extension DatabaseValue: DatabaseValueConvertible {
    /// The value itself.
    public var databaseValue: DatabaseValue { self }

    /// Takes the value as SQLite holds it.
    public init(databaseValue: DatabaseValue) { self = databaseValue }
}

extension Int64: DatabaseValueConvertible {
    /// The integer as SQLite stores it.
    public var databaseValue: DatabaseValue { .integer(self) }

    /// Converts a value to an integer: a real is cut towards zero, and 0 stands for what is not an integer of 64 bits.
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
    /// The integer as SQLite stores it.
    public var databaseValue: DatabaseValue { .integer(Int64(self)) }
    /// Converts a value to an integer, as `Int64` does.
    public init(databaseValue: DatabaseValue) { self = Int(truncatingIfNeeded: Int64(databaseValue: databaseValue)) }
}

extension Bool: DatabaseValueConvertible {
    /// The integer 1 or 0: SQLite has no truth values.
    public var databaseValue: DatabaseValue { .integer(self ? 1 : 0) }
    /// Converts a value to an integer, as `Int64` does; `false` is 0, and `true` is any other integer.
    public init(databaseValue: DatabaseValue) { self = Int64(databaseValue: databaseValue) != 0 }
}

extension Double: DatabaseValueConvertible {
    /// The number as a real, for which SQLite stores `NULL` where it is NaN.
    public var databaseValue: DatabaseValue { .real(self) }

    /// Converts a value to a floating-point number; 0 stands for what is not a number.
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
    /// The text as SQLite stores it.
    public var databaseValue: DatabaseValue { .text(self) }

    /// Converts a value to a text: numbers to their decimal form, and a blob as UTF-8 with U+FFFD for what is invalid.
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
