/// One line of Markdown, and what it may begin.
struct MarkdownLine {
    struct Fence: Equatable {
        let character: UInt8
        let length: Int
        let language: String
    }

    struct Marker: Equatable {
        let kind: MarkdownBlock.ListKind
        /// The columns from the marker to the content.
        let width: Int
        let content: MarkdownText
    }

    private static let languageLimit = 30
    private static let numberLimit = 9

    /// The columns of white space before the content; a tab goes on to the next multiple of four.
    let indent: Int
    /// The line without white space before it and, for anything but text, after it.
    let content: MarkdownText

    init(_ line: MarkdownText) {
        var (indent, rest) = (0, line)
        while let byte = rest.first {
            if byte == UInt8(ascii: " ") {
                indent += 1
            } else if byte == UInt8(ascii: "\t") {
                indent += 4 - indent % 4
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        self.indent = indent
        content = rest
    }

    /// A line without the first columns of its indentation; what is left of a tab becomes spaces.
    static func outdented(_ line: MarkdownText, by columns: Int) -> MarkdownText {
        var (column, rest) = (0, line)
        while column < columns, let byte = rest.first, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            column += byte == UInt8(ascii: " ") ? 1 : 4 - column % 4
            rest = rest.dropFirst()
        }
        guard column > columns else { return rest }
        return ArraySlice(repeatElement(UInt8(ascii: " "), count: column - columns) + rest)
    }

    var isBlank: Bool { content.isEmpty }

    /// Whether the line is a thematic break: three or more of `-`, `*` or `_`, and blanks.
    var isRule: Bool {
        guard indent < 4, let first = content.first,
            [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "_")].contains(first)
        else { return false }
        return content.allSatisfy { $0 == first || MarkdownLine.isSpace($0) } && content.count { $0 == first } >= 3
    }

    /// The start of fenced code.
    var fence: Fence? {
        guard indent < 4, let first = content.first, first == UInt8(ascii: "`") || first == UInt8(ascii: "~") else {
            return nil
        }
        let length = content.prefix { $0 == first }.count
        let info = content.dropFirst(length)
        guard length >= 3, first == UInt8(ascii: "~") || !info.contains(first) else { return nil }
        let word = info.drop(while: MarkdownLine.isSpace).prefix { !MarkdownLine.isSpace($0) }
        return Fence(character: first, length: length, language: MarkdownLine.language(word))
    }

    private static func language(_ word: MarkdownText) -> String {
        let isUsual = word.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isUsual && word.count <= languageLimit ? String(decoding: word, as: UTF8.self) : ""
    }

    func closes(_ fence: Fence) -> Bool {
        guard indent < 4 else { return false }
        let length = content.prefix { $0 == fence.character }.count
        return length >= fence.length && content.dropFirst(length).allSatisfy(MarkdownLine.isSpace)
    }

    /// A heading of the form `## text`.
    var heading: (level: Int, text: MarkdownText)? {
        let level = content.prefix { $0 == UInt8(ascii: "#") }.count
        guard indent < 4, (1...6).contains(level) else { return nil }
        var text = content.dropFirst(level)
        guard text.first.map(MarkdownLine.isSpace) ?? true else { return nil }
        text = MarkdownLine.trimmed(text)
        let closing = text.reversed().prefix { $0 == UInt8(ascii: "#") }.count
        let opened = text.dropLast(closing)
        if closing > 0, opened.last.map(MarkdownLine.isSpace) ?? true { text = MarkdownLine.trimmed(opened) }
        return (level, text)
    }

    /// The level of the heading that the line makes of the paragraph before it.
    var underline: Int? {
        guard indent < 4, let first = content.first, first == UInt8(ascii: "=") || first == UInt8(ascii: "-") else {
            return nil
        }
        let length = content.prefix { $0 == first }.count
        guard length >= 2, content.dropFirst(length).allSatisfy(MarkdownLine.isSpace) else { return nil }
        return first == UInt8(ascii: "=") ? 1 : 2
    }

    /// The start of a list's item.
    var marker: Marker? {
        guard indent < 4, let first = content.first else { return nil }
        if [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+")].contains(first) {
            return marker(.bullets(first), length: 1)
        }
        let digits = content.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...MarkdownLine.numberLimit).contains(digits.count),
            let number = Int(String(decoding: digits, as: UTF8.self)),
            let delimiter = content.dropFirst(digits.count).first,
            delimiter == UInt8(ascii: ".") || delimiter == UInt8(ascii: ")")
        else { return nil }
        return marker(.numbers(first: number, delimiter: delimiter), length: digits.count + 1)
    }

    private func marker(_ kind: MarkdownBlock.ListKind, length: Int) -> Marker? {
        let rest = content.dropFirst(length)
        guard let next = rest.first else { return Marker(kind: kind, width: length + 1, content: []) }
        guard MarkdownLine.isSpace(next) else { return nil }
        let line = MarkdownLine(rest)
        if line.isBlank { return Marker(kind: kind, width: length + 1, content: []) }
        let gap = line.indent > 4 ? 1 : line.indent
        return Marker(kind: kind, width: length + gap, content: MarkdownLine.outdented(rest, by: gap))
    }

    /// Whether the line ends the paragraph before it.
    var interruptsParagraph: Bool {
        if indent >= 4 { return false }
        if fence != nil || heading != nil || isRule || content.first == UInt8(ascii: ">") { return true }
        guard let marker, !marker.content.isEmpty else { return false }
        if case .numbers(let first, _) = marker.kind { return first == 1 }
        return true
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    static func trimmed(_ text: MarkdownText) -> MarkdownText {
        let rest = text.drop(while: isSpace)
        return rest.dropLast(rest.reversed().prefix(while: isSpace).count)
    }
}
