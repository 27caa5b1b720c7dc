/// Makes an answer's head from its lines, as libcurl hands them over: one call for each, line end included.
///
/// It skips interim answers (1xx), and the trailers after the body.
struct HeadParser {
    /// The greatest number of bytes of all lines, those of interim answers included.
    static let sizeLimit = 256 << 10

    private var status = 0
    private var headers = HTTPHeaders()
    private var size = 0
    private var isDone = false

    enum HeadError: Error { case tooLarge }

    /// Reads one line.
    ///
    /// - Parameter line: the line with its end.
    /// - Returns: the head, on the line that ends it; `nil` for any other line.
    /// - Throws: ``HeadError/tooLarge`` where the lines are longer than ``sizeLimit`` together.
    mutating func take(_ line: some BidirectionalCollection<UInt8>) throws(HeadError) -> HTTPHead? {
        guard !isDone else { return nil }
        size += line.count
        guard size <= HeadParser.sizeLimit else { throw .tooLarge }
        let text = HeadParser.trimmed(line[...])
        if text.isEmpty { return end() }
        if text.starts(with: "HTTP/".utf8) {
            start(String(decoding: text, as: UTF8.self))
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let (name, value) = (text[..<colon], text[text.index(after: colon)...])
            headers.append(HeadParser.text(name), HeadParser.text(value))
        }
        return nil
    }

    private mutating func start(_ statusLine: String) {
        status = statusLine.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
        headers = HTTPHeaders()
    }

    private mutating func end() -> HTTPHead? {
        guard status >= 200 else { return nil }
        isDone = true
        return HTTPHead(status: status, headers: headers)
    }

    private static func text<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> String
    where Bytes.SubSequence == Bytes {
        String(decoding: trimmed(bytes), as: UTF8.self)
    }

    private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes
    where Bytes.SubSequence == Bytes {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var bytes = bytes
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return bytes
    }
}
