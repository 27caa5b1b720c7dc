import GRDB

/// The tokenizer of the full-text index (`tokenize = 'convo'`): words folded in case and diacritics, code by its
/// parts, and scripts that set no spaces by pairs of characters. The rules are in ``WordScanner``.
final class SearchTokenizer: FTS5CustomTokenizer {
    static let name = "convo"

    init(db: Database, arguments: [String]) throws {}

    func tokenize(
        context: UnsafeMutableRawPointer?,
        tokenization: FTS5Tokenization,
        pText: UnsafePointer<CChar>?,
        nText: CInt,
        tokenCallback: @escaping FTS5TokenCallback
    ) -> CInt {
        guard let pText, nText > 0 else { return ResultCode.SQLITE_OK.rawValue }
        let text = UnsafeRawBufferPointer(start: pText, count: Int(nText))
        var scanner = WordScanner(text, purpose: tokenization.contains(.query) ? .query : .index)
        while let token = scanner.next() {
            let flags: CInt = token.isColocated ? 1 : 0  // FTS5_TOKEN_COLOCATED
            let result = scanner.bytes(of: token).withUnsafeBytes { bytes in
                tokenCallback(
                    context, flags, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count),
                    CInt(token.start), CInt(token.end))
            }
            guard result == ResultCode.SQLITE_OK.rawValue else { return result }
        }
        return ResultCode.SQLITE_OK.rawValue
    }
}
