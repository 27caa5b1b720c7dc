import CSQLite
import ConvoSQLite
import ConvoWords

/// The tokenizer of the full-text index (`tokenize = 'unicode61'`).
///
/// A query is cut into words by the rules of ``WordScanner``. A text that is inserted into the index was cut by the
/// same rules before, and comes as ``IndexedWords``.
enum SearchTokenizer {
    static func register(in database: Database, as name: String = "unicode61") throws {
        let api = try database.fts5()
        var tokenizer = fts5_tokenizer(
            xCreate: { _, _, _, made in
                // The tokenizer has no state, but FTS5 wants an address that is not null.
                made?.pointee = OpaquePointer(bitPattern: 1)
                return SQLITE_OK
            },
            xDelete: { _ in },
            xTokenize: { _, context, purpose, text, count, callback in
                SearchTokenizer.tokenize(context, purpose, text, count, callback)
            })
        let code = api.pointee.xCreateTokenizer(api, name, nil, &tokenizer, nil)
        guard code == SQLITE_OK else { throw DatabaseError(code: code, message: "no tokenizer `\(name)`") }
    }

    private typealias Callback =
        @convention(c) (
            UnsafeMutableRawPointer?, CInt, UnsafePointer<CChar>?, CInt, CInt, CInt
        ) -> CInt

    private static func tokenize(
        _ context: UnsafeMutableRawPointer?, _ purpose: CInt, _ text: UnsafePointer<CChar>?, _ count: CInt,
        _ callback: Callback?
    ) -> CInt {
        guard let text, count > 0, let callback else { return SQLITE_OK }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
        var code = SQLITE_OK
        if purpose & FTS5_TOKENIZE_QUERY == 0 {
            IndexedWords.forEach(in: bytes) { word, isColocated in
                code = hand(word, isColocated ? FTS5_TOKEN_COLOCATED : 0, 0..<0)
                return code == SQLITE_OK
            }
            return code
        }
        var scanner = WordScanner(bytes, purpose: .query)
        while code == SQLITE_OK, let token = scanner.next() {
            code = scanner.withLetters(of: token) { hand($0, 0, token.start..<token.end) }
        }
        return code

        func hand(_ word: UnsafeRawBufferPointer, _ flags: CInt, _ place: Range<Int>) -> CInt {
            callback(
                context, flags, word.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(word.count),
                CInt(place.lowerBound), CInt(place.upperBound))
        }
    }
}
