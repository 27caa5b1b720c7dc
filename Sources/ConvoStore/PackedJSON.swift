import CSQLite
import CZstd
import ConvoJSON
import ConvoModel
import ConvoSQLite
import Synchronization

/// An entry's JSON as the table holds it: text if it is short, else a blob of a format byte and the compressed text.
///
/// The SQL function `unpacked(raw)` returns the text of either.
struct PackedJSON: Hashable, Sendable, DatabaseValueConvertible {
    /// The first byte of a blob.
    enum Format: UInt8 {
        /// Zstandard with ``EntryDictionary``.
        case first = 1
    }

    /// The length in bytes from which on compression is tried.
    static let threshold = 256
    /// Whether a blob saves at least an eighth, and so is worth the time that it takes to read.
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

    /// The JSON that was packed.
    ///
    /// - Throws: ``DatabaseError`` (`SQLITE_CORRUPT`) if the blob is damaged, or its format is unknown.
    func unpacked() throws -> JSONText {
        guard case .blob(let bytes) = databaseValue else { return .stored(String(databaseValue: databaseValue)) }
        guard let first = bytes.first, Format(rawValue: first) == .first else {
            throw DatabaseError(code: SQLITE_CORRUPT, message: "an entry is stored in a form that is unknown here")
        }
        return .stored(
            try bytes.withUnsafeBufferPointer { try Zstandard.decompress(.init(rebasing: $0.dropFirst())) })
    }

    /// Adds the SQL function `unpacked` to a connection.
    static func register(in database: Database) throws {
        try database.addFunction("unpacked") { .text(try PackedJSON(databaseValue: $0).unpacked().text) }
    }
}

/// The dictionary of compression ``PackedJSON/Format/first``: what most entries have in common, as the server writes
/// it.
///
/// Frozen: a text that was compressed with it can be read with no other dictionary. The most frequent strings stand
/// last.
enum EntryDictionary {
    static let text = #"""
        {"object":"entry","type":"agent.handoff","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"handoff_","previous_agent_id":"ag_","previous_agent_name":"","next_agent_id":"ag_","next_agent_name":""}\#
        {"object":"entry","type":"function.result","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fr_","tool_call_id":"","result":"{\"status\":\"ok\",\"error\":null,\"results\":[{\"id\":\"\",\"name\":\"\"}]}"}\#
        {"object":"entry","type":"function.call","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fc_","agent_id":"ag_","model":"","tool_call_id":"","name":"","arguments":"{\"query\":\"","confirmation_status":null}\#
        {"object":"entry","type":"tool.execution","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"tool_exec_","agent_id":null,"model":"",\#
        "name":"web_search","arguments":"{\"query\": \"","info":{"result":"","url":"https://www.","title":"","snippet":""}}\#
        "content":[{"type":"text","text":""},{"type":"tool_reference","tool":"web_search","title":"","url":"https://"},\#
        {"type":"thinking","thinking":[{"type":"text","text":""}]},{"type":"image_url","image_url":"data:image/png;base64,\#
        {"role":"user","content":"","object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","prefix":false}\#
        {"content":"","object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","agent_id":null,"model":"mistral-medium-latest","role":"assistant"}\#
        {"object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"msg_","role":"user","content":"","prefix":false}\#
        {"object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"msg_019c","agent_id":null,"model":"mistral-medium-latest",\#
        "role":"assistant","content":"
        """#
}

/// Zstandard (RFC 8878) with ``EntryDictionary``.
///
/// The contexts for compression and decompression are kept; one caller at a time uses each, and others wait for it.
enum Zstandard {
    /// The lightest regular level: it is fast enough for a first sync.
    private static let level: CInt = 1
    /// The longest text in bytes that is decompressed: far more than any entry has, so that a damaged length cannot
    /// take all memory.
    private static let limit: UInt64 = 1 << 30

    private static let compressor = Mutex(Compressor())
    private static let decompressor = Mutex(Decompressor())

    /// Compresses a text; `nil` if the result would not be shorter, or there is not enough memory.
    static func compress(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        compressor.withLock { $0.compress(bytes) }
    }

    /// Decompresses a frame that ``compress(_:)`` made.
    ///
    /// - Parameter frame: the compressed bytes.
    /// - Returns: the text.
    /// - Throws: ``DatabaseError`` (`SQLITE_CORRUPT`) if the frame is damaged.
    static func decompress(_ frame: UnsafeBufferPointer<UInt8>) throws -> String {
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        guard size <= limit, let text = decompressor.withLock({ $0.decompress(frame, to: Int(size)) }) else {
            throw DatabaseError(code: SQLITE_CORRUPT, message: "an entry's compressed text is damaged")
        }
        return text
    }

    // Both are `@unchecked Sendable`: a context points to memory that only its one owner, a `Mutex`, reaches; it cannot
    // be copied out, and no method hands out a pointer. A dictionary is only read after it is made.
    private struct Compressor: ~Copyable, @unchecked Sendable {
        private let context = ZSTD_createCCtx()
        private let dictionary = Array(EntryDictionary.text.utf8).withUnsafeBytes {
            ZSTD_createCDict($0.baseAddress, $0.count, level)
        }

        deinit {
            ZSTD_freeCCtx(context)
            ZSTD_freeCDict(dictionary)
        }

        func compress(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
            guard let context, let dictionary else { return nil }
            var size = 0
            let frame = [UInt8](unsafeUninitializedCapacity: bytes.count) { target, count in
                // Zstandard reports an error for a frame that is longer than the text, and such a frame is not wanted.
                size = ZSTD_compress_usingCDict(
                    context, target.baseAddress, target.count, bytes.baseAddress, bytes.count, dictionary)
                count = ZSTD_isError(size) == 0 ? size : 0
            }
            return frame.isEmpty ? nil : frame
        }
    }

    private struct Decompressor: ~Copyable, @unchecked Sendable {
        private let context = ZSTD_createDCtx()
        private let dictionary = Array(EntryDictionary.text.utf8).withUnsafeBytes {
            ZSTD_createDDict($0.baseAddress, $0.count)
        }

        deinit {
            ZSTD_freeDCtx(context)
            ZSTD_freeDDict(dictionary)
        }

        func decompress(_ frame: UnsafeBufferPointer<UInt8>, to size: Int) -> String? {
            guard let context, let dictionary else { return nil }
            var written = 0
            let text = String(unsafeUninitializedCapacity: size) { target in
                written = ZSTD_decompress_usingDDict(
                    context, target.baseAddress, target.count, frame.baseAddress, frame.count, dictionary)
                return ZSTD_isError(written) == 0 ? written : 0
            }
            return written == size ? text : nil
        }
    }
}
