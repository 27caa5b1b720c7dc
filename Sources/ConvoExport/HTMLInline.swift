/// Renders running text as HTML: code, bold, italics and links; everything else is escaped text.
struct HTMLInline {
    /// The schemes of links; a link with any other stays text.
    private static let schemes = ["https://", "http://", "mailto:"]
    private static let linkLimit = 2048

    private struct Link {
        let label: Range<Int>
        let url: Range<Int>
        let end: Int
    }

    private let text: [UInt8]
    private let spans: CodeSpans
    /// The links by their places: no delimiter in one is a tag.
    private var links: [Int: Link] = [:]
    private var tags: [Int: String] = [:]
    /// The end of the run of bytes that can stand in an address, of which the last bare link was looked for.
    private var addressEnd = 0
    private var output: [UInt8] = []

    /// The HTML of a text. Every tag in it is one of ours, and closed.
    static func html(of text: [UInt8]) -> [UInt8] {
        var inline = HTMLInline(text)
        inline.render()
        return inline.output
    }

    /// The text with `&`, `<`, `>` and both quotes as character references.
    static func escaped(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): result.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): result.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): result.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): result.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): result.append(contentsOf: "&#39;".utf8)
            default: result.append(byte)
            }
        }
        return result
    }

    private init(_ text: [UInt8]) {
        self.text = text
        spans = CodeSpans(text)
        var index = 0
        while index < text.count {
            if let link = spans.end(from: index) == nil ? link(at: index) ?? bareLink(at: index) : nil {
                links[index] = link
            }
            index = end(ofAtomAt: index) ?? index + 1
        }
        tags = Emphasis.tags(in: text) { end(ofAtomAt: $0) }
    }

    /// The end of a code span, a link or an escaped character that begins at an index; `nil` if none does.
    private func end(ofAtomAt index: Int) -> Int? {
        if let end = spans.end(from: index) ?? links[index]?.end { return end }
        let isEscape =
            text[index] == UInt8(ascii: "\\") && index + 1 < text.count && CodeSpans.isPunctuation(text[index + 1])
        return isEscape ? index + 2 : nil
    }

    private mutating func render() {
        var index = 0
        while index < text.count {
            if let end = spans.end(from: index) {
                code(index..<end)
                index = end
            } else if let tag = tags[index] {
                output.append(contentsOf: tag.utf8)
                index += tag.hasSuffix("strong>") ? 2 : 1
            } else if let link = links[index] {
                let address = HTMLInline.escaped(text[link.url])
                output += Array(#"<a rel="noopener noreferrer" href=""#.utf8) + address + Array("\">".utf8)
                output += HTMLInline.escaped(text[link.label]) + Array("</a>".utf8)
                index = link.end
            } else if let end = end(ofAtomAt: index) {
                output += HTMLInline.escaped([text[end - 1]])
                index = end
            } else {
                output += HTMLInline.escaped([text[index]])
                index += 1
            }
        }
    }

    private mutating func code(_ span: Range<Int>) {
        let length = text[span].prefix { $0 == UInt8(ascii: "`") }.count
        output += Array("<code>".utf8) + HTMLInline.escaped(text[span].dropFirst(length).dropLast(length))
        output += Array("</code>".utf8)
    }

    /// `[label](url)`, also with `!` before it.
    private func link(at start: Int) -> Link? {
        let open = text[start] == UInt8(ascii: "!") ? start + 1 : start
        guard open < text.count, text[open] == UInt8(ascii: "[") else { return nil }
        guard let close = find(UInt8(ascii: "]"), from: open + 1), close + 1 < text.count,
            text[close + 1] == UInt8(ascii: "("), let end = find(UInt8(ascii: ")"), from: close + 2),
            close > open + 1, isAddress(close + 2..<end)
        else { return nil }
        return Link(label: open + 1..<close, url: close + 2..<end, end: end + 1)
    }

    /// `https://…` in the text.
    private mutating func bareLink(at start: Int) -> Link? {
        guard text[start] == UInt8(ascii: "h"), start == 0 || !HTMLInline.isWord(text[start - 1]) else { return nil }
        guard text[start...].starts(with: "https://".utf8) || text[start...].starts(with: "http://".utf8) else {
            return nil
        }
        if addressEnd <= start {
            addressEnd = start
            while addressEnd < text.count, HTMLInline.isAddressByte(text[addressEnd]) { addressEnd += 1 }
        }
        var end = addressEnd
        guard end - start < HTMLInline.linkLimit else { return nil }
        while end > start, ".,;:!?)]}*_~".utf8.contains(text[end - 1]) { end -= 1 }
        return isAddress(start..<end) ? Link(label: start..<end, url: start..<end, end: end) : nil
    }

    /// The next closing bracket in the same line, before another opening one.
    private func find(_ closing: UInt8, from start: Int) -> Int? {
        var index = start
        while index < text.count, index - start < HTMLInline.linkLimit {
            switch text[index] {
            case closing: return index
            case UInt8(ascii: "["), UInt8(ascii: "`"), UInt8(ascii: "\n"): return nil
            default: index += 1
            }
        }
        return nil
    }

    private func isAddress(_ range: Range<Int>) -> Bool {
        guard text[range].allSatisfy(HTMLInline.isAddressByte) else { return false }
        let start = String(decoding: text[range].prefix(8), as: UTF8.self).lowercased()
        return HTMLInline.schemes.contains { start.hasPrefix($0) && range.count > $0.utf8.count }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && !"<>\"'`\\".utf8.contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: byte >= 0x80
        }
    }
}
