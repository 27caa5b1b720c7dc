package import ConvoTerminal

/// How Markdown is laid out.
package struct MarkdownStyle: Hashable, Sendable {
    /// The escape sequences that may be used; where there are none, Markdown's own marks show what is emphasised.
    package let ansi: ANSIStyle
    /// The greatest number of columns of running text.
    package let width: Int
    /// The greatest number of columns of code and tables, which are easier to read in one piece.
    package let wideWidth: Int
    /// Whether the text of a link is a link that the terminal opens; where it is not, the address stands behind it.
    package let hasHyperlinks: Bool

    /// Makes a style.
    ///
    /// - Parameters:
    ///   - ansi: the escape sequences that may be used.
    ///   - width: the greatest number of columns of running text.
    ///   - wideWidth: the same for code and tables; `nil` for that of running text.
    ///   - hasHyperlinks: whether OSC 8 may be used where `ansi` allows escape sequences.
    package init(ansi: ANSIStyle, width: Int, wideWidth: Int? = nil, hasHyperlinks: Bool = true) {
        self.ansi = ansi
        self.width = max(MarkdownStyle.leastWidth, width)
        self.wideWidth = max(self.width, wideWidth ?? width)
        self.hasHyperlinks = hasHyperlinks && ansi.isColoured
    }

    /// Narrower columns are laid out as if they had this width.
    static let leastWidth = 8
}

extension MarkdownStyle {
    typealias Span = MarkdownTree.Span

    /// The spans with what shows their style and their links where the terminal does not: marks, and addresses.
    func written(_ spans: [Span]) -> [Span] {
        let marked = ansi.isColoured ? spans : MarkdownStyle.marked(spans)
        var (result, text) = ([Span](), "")
        for (place, span) in marked.enumerated() {
            result.append(span)
            guard let link = span.link else { continue }
            text += span.text
            guard place + 1 == marked.count || marked[place + 1].link != link else { continue }
            if needsAddress(link, text) { result.append(Span(text: " (\(link.target))", style: .faint)) }
            text = ""
        }
        return result
    }

    /// Whether the address must be shown, because the terminal cannot open it, or because the text names another one.
    private func needsAddress(_ link: MarkdownTree.Link, _ text: String) -> Bool {
        let isSame = [text, "mailto:" + text, "http://" + text, "https://" + text].contains(link.target)
        if link.target.isEmpty || isSame { return false }
        return !hasHyperlinks || Hyperlink(link.target) == nil || text.contains("://") || text.hasPrefix("www.")
    }

    /// The spans with Markdown's marks where a style begins and ends.
    private static func marked(_ spans: [Span]) -> [Span] {
        var (result, open): ([Span], [(style: SpanStyle, mark: String)]) = ([], [])
        // A mark is a part of the link that it stands in.
        func close() {
            guard let last = open.popLast() else { return }
            result.append(Span(text: last.mark, link: result.last?.link))
        }
        for span in spans {
            while let last = open.last, !span.style.contains(last.style) || span.isLineBreak { close() }
            for (style, text) in marks where span.style.contains(style) && !open.contains(where: { $0.style == style })
            {
                result.append(Span(text: text, link: span.link))
                open.append((style, text))
            }
            result.append(span)
        }
        while !open.isEmpty { close() }
        return result
    }

    private static let marks: [(SpanStyle, String)] = [
        (.strong, "**"), (.emphasis, "*"), (.struck, "~~"), (.code, "`"),
    ]

    /// A line with its escape sequences; each piece ends what it begins, so that a pager may cut anywhere between lines.
    func painted(_ line: [Span], isBold: Bool = false) -> String {
        line.reduce(into: "") { $0 += painted($1, isBold: isBold) }
    }

    private func painted(_ span: Span, isBold: Bool) -> String {
        var text = span.text
        let style = span.style
        if style.contains(.faint) { text = ansi.faint(text) }
        if style.contains(.strong) || isBold { text = ansi.strong(text) }
        if style.contains(.emphasis) { text = ansi.emphasised(text) }
        if style.contains(.struck) { text = ansi.struck(text) }
        if style.contains(.code) { text = ansi.code(text) }
        if style.contains(.link) { text = ansi.underlined(text) }
        guard hasHyperlinks, let link = span.link, let url = Hyperlink(link.target) else { return text }
        return ansi.linked(text, to: url.text, id: "m\(link.number)")
    }
}

/// An address that a terminal may be given to open.
struct Hyperlink {
    private static let schemes = ["http://", "https://", "mailto:"]
    /// Terminals bound the length of an address.
    private static let limit = 2048

    /// The address in printable ASCII.
    let text: String

    /// Takes an address; `nil` for one that opens something other than a page or a letter, or that is too long.
    init?(_ target: String) {
        let start = target.prefix(8).lowercased()
        guard Hyperlink.schemes.contains(where: start.hasPrefix), target.utf8.count <= Hyperlink.limit else {
            return nil
        }
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = target.utf8.flatMap { byte -> [UInt8] in
            if byte > 0x20, byte < 0x7F { return [byte] }
            return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        text = String(decoding: bytes, as: UTF8.self)
    }
}
