import CSQLite
import ConvoModel
import ConvoSQLite

/// An entry's JSON as the table holds it: a short one as text, a longer one as a blob, its format and then its
/// compressed bytes.
///
/// In SQL, `unpacked(raw)` is the text of either.
struct PackedJSON: Hashable, Sendable, DatabaseValueConvertible {
    /// The first byte of a blob.
    enum Format: UInt8 {
        /// Zstandard with ``EntryDictionary``.
        case first = 1
    }

    /// In bytes; below it there is nothing to gain.
    static let threshold = 256
    /// What it costs to read a blob must be worth it: it saves an eighth at least.
    private static func isWorth(_ packed: Int, of whole: Int) -> Bool { packed < whole - whole / 8 }

    let databaseValue: DatabaseValue

    init(_ json: JSONText) {
        var text = json.text
        let packed = text.withUTF8 { bytes -> [UInt8]? in
            guard bytes.count >= PackedJSON.threshold, let frame = Zstandard.compress(bytes),
                PackedJSON.isWorth(frame.count, of: bytes.count)
            else { return nil }
            return [Format.first.rawValue] + frame
        }
        databaseValue = packed.map { .blob($0) } ?? .text(text)
    }

    init(databaseValue: DatabaseValue) { self.databaseValue = databaseValue }

    /// The text that it was made of.
    ///
    /// - Throws: ``DatabaseError`` (`SQLITE_CORRUPT`) where a blob is damaged.
    func unpacked() throws -> JSONText {
        guard case .blob(let bytes) = databaseValue else { return .stored(String(databaseValue: databaseValue)) }
        guard let first = bytes.first, Format(rawValue: first) == .first else {
            throw DatabaseError(code: SQLITE_CORRUPT, message: "an entry is stored in a form that is unknown here")
        }
        return .stored(
            try bytes.withUnsafeBufferPointer { try Zstandard.decompress(.init(rebasing: $0.dropFirst())) })
    }

    /// Makes SQL's `unpacked` known.
    static func register(in database: Database) throws {
        try database.addFunction("unpacked") { .text(try PackedJSON(databaseValue: $0).unpacked().text) }
    }
}
