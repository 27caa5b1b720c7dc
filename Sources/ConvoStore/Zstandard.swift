import CSQLite
import CZstd
import ConvoSQLite
import Synchronization

/// Zstandard (RFC 8878) with a dictionary of what every entry has around its words.
///
/// Memory for the work is kept and used by one caller at a time.
enum Zstandard {
    /// Light enough to keep up with a first sync.
    private static let level: CInt = 1
    /// No entry is near it; a damaged length shall not take all memory.
    private static let limit: UInt64 = 1 << 30

    private static let compressor = Mutex(Compressor())
    private static let decompressor = Mutex(Decompressor())

    /// `nil` where that saves nothing, or there is no memory for it.
    static func compress(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        compressor.withLock { $0.compress(bytes) }
    }

    /// - Throws: ``DatabaseError`` (`SQLITE_CORRUPT`) where the frame is damaged.
    static func decompress(_ frame: UnsafeBufferPointer<UInt8>) throws -> String {
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        guard size <= limit, let text = decompressor.withLock({ $0.decompress(frame, to: Int(size)) }) else {
            throw DatabaseError(code: SQLITE_CORRUPT, message: "an entry's compressed text is damaged")
        }
        return text
    }

    // `@unchecked Sendable`, both: a context stands for memory of its own, which only its one owner, a `Mutex`, reaches;
    // it can't be copied out, and no method hands out a pointer. A dictionary is read only once it is made.
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
                // A frame that does not fit into as many bytes is an error here, and not wanted.
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
