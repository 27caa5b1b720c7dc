import ConvoTerminal

/// Breaks running text into lines of at most a number of columns: at spaces, beside wide characters, and where nothing else
/// is left inside of a word.
struct SpanLines {
    typealias Span = MarkdownTree.Span

    /// What must not stand at the beginning of a line in Chinese and Japanese.
    private static let closing = Set("、。，．！？：；）］｝」』】》〉〕”’…ー々")
    /// What must not stand at its end.
    private static let opening = Set("（［｛「『【《〈〔“‘")

    private let width: Int
    private var lines: [[Span]] = []
    private var line: [Span] = []
    private var used = 0
    /// The word that is being read, which moves to the next line as a whole.
    private var word: [Span] = []
    private var wordColumns = 0
    /// The space in front of the word.
    private var gap: Span?
    /// Whether a line may end between the last character and the next one, although there is no space.
    private var mayBreak = false

    private init(width: Int) { self.width = width }

    /// Breaks running text; a line has more columns than the width only where a single character does.
    static func broken(_ spans: [Span], to width: Int) -> [[Span]] {
        var lines = SpanLines(width: max(1, width))
        for span in spans { lines.add(span) }
        lines.endLine()
        return lines.lines
    }

    /// The columns of the longest line, where lines end at breaks only.
    static func longestLine(of spans: [Span]) -> Int {
        spans.split(whereSeparator: \.isLineBreak).reduce(0) { max($0, Array($1).columns) }
    }

    private mutating func add(_ span: Span) {
        guard !span.isLineBreak else { return endLine() }
        guard !span.text.utf8.allSatisfy({ $0 < 0x80 }) else { return addPlain(span) }
        for character in span.text {
            var piece = span
            piece.text = String(character)
            character == " " ? addSpace(piece) : addCharacter(character, piece)
        }
    }

    /// Adds a span of ASCII, whose words need no look at characters.
    private mutating func addPlain(_ span: Span) {
        let words = span.text.split(separator: " ", omittingEmptySubsequences: false)
        for (place, text) in words.enumerated() {
            var piece = span
            if place > 0 {
                piece.text = " "
                addSpace(piece)
            }
            guard !text.isEmpty else { continue }
            piece.text = String(text)
            append(piece, columns: text.utf8.count)
            mayBreak = false
        }
    }

    private mutating func addSpace(_ space: Span) {
        endWord()
        // Of several spaces one is left, as in HTML.
        if !line.isEmpty { gap = space }
        mayBreak = false
    }

    private mutating func addCharacter(_ character: Character, _ piece: Span) {
        let isWide = character.isWide
        if mayBreak || (isWide && !word.isEmpty && !SpanLines.isOpening(word.last)),
            !SpanLines.closing.contains(character)
        {
            endWord()
        }
        append(piece, columns: character.columns)
        mayBreak = isWide && !SpanLines.opening.contains(character)
    }

    private static func isOpening(_ span: Span?) -> Bool { span?.text.last.map(opening.contains) ?? false }

    private mutating func append(_ piece: Span, columns: Int) {
        wordColumns += columns
        SpanLines.append(piece, to: &word)
    }

    /// Puts the word on the line where it fits, or else on the next ones.
    private mutating func endWord() {
        guard !word.isEmpty else { return }
        defer { (word, wordColumns, gap) = ([], 0, nil) }
        if used + (gap == nil ? 0 : 1) + wordColumns > width {
            if !line.isEmpty { push() }
            guard wordColumns <= width else { return addBroken(word) }
        } else if let gap {
            SpanLines.append(gap, to: &line)
            used += 1
        }
        for piece in word { SpanLines.append(piece, to: &line) }
        used += wordColumns
    }

    private mutating func addBroken(_ word: [Span]) {
        for span in word {
            var piece = span
            piece.text = ""
            for character in span.text {
                let columns = character.columns
                if used + columns > width, used > 0 {
                    SpanLines.append(piece, to: &line)
                    piece.text = ""
                    push()
                }
                piece.text.append(character)
                used += columns
            }
            SpanLines.append(piece, to: &line)
        }
    }

    private mutating func endLine() {
        endWord()
        push()
        mayBreak = false
    }

    private mutating func push() {
        lines.append(line)
        (line, used, gap) = ([], 0, nil)
    }

    private static func append(_ piece: Span, to spans: inout [Span]) {
        guard !piece.text.isEmpty else { return }
        if let last = spans.indices.last, spans[last].style == piece.style, spans[last].link == piece.link {
            spans[last].text += piece.text
        } else {
            spans.append(piece)
        }
    }
}

extension [MarkdownTree.Span] {
    /// The columns that the spans occupy on one line.
    var columns: Int { reduce(0) { $0 + $1.text.columns } }
}
