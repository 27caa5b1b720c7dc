/// Escapes the start of HTML in running text, outside of code spans.
enum InlineEscape {
    /// The text with a backslash before each `<` that is neither in a code span nor escaped, and before a bracket that
    /// would define the target of a link.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        let spans = CodeSpans(certainIn: text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if let end = spans.end(from: index) {
                result.append(contentsOf: text[index..<end])
                index = end
                continue
            }
            let byte = text[index]
            if byte == UInt8(ascii: "`") {  // a run that opens nothing
                while index < text.count, text[index] == byte {
                    result.append(byte)
                    index += 1
                }
                continue
            }
            if byte == UInt8(ascii: "\\"), index + 1 < text.count, CodeSpans.isPunctuation(text[index + 1]) {
                result.append(byte)
                index += 1
            } else if byte == UInt8(ascii: "<") {
                result.append(UInt8(ascii: "\\"))
            }
            result.append(text[index])
            index += 1
        }
        return result
    }
}

/// The code spans of a paragraph, by CommonMark's rule: a run of backticks opens one if a later run has its length.
struct CodeSpans {
    private var ends: [Int: Int] = [:]
    /// Whether a run of backticks opens nothing.
    private var hasLooseRun = false

    /// The spans that are code by each reading: lines of a paragraph may be a table, whose cells are read one by one, and
    /// renderers differ about the `|` behind a backslash. Where a run of backticks opens nothing, some (markdown-it 3.0) miss
    /// spans before it, and no span is certain.
    init(certainIn text: [UInt8]) {
        self.init(text)
        if hasLooseRun { ends = [:] }
        let lines = text.split(separator: UInt8(ascii: "\n"))
        guard lines.contains(where: CodeSpans.mayBeTableRule) else { return }
        for togglesEscape in [true, false] {
            let ofCells = CodeSpans(ofCellsOf: text, togglesEscape: togglesEscape)
            ends = ofCells.hasLooseRun ? [:] : ends.filter { ofCells.ends[$0.key] == $0.value }
        }
    }

    /// Whether a line has nothing but the signs of the line below a table's head.
    private static func mayBeTableRule(_ line: MarkdownText) -> Bool {
        line.contains(UInt8(ascii: "-")) && line.allSatisfy { "-:| \t\\".utf8.contains($0) }
    }

    /// - Parameters:
    ///   - text: lines of cells.
    ///   - togglesEscape: whether a backslash behind a backslash is text, and the `|` behind it ends the cell.
    private init(ofCellsOf text: [UInt8], togglesEscape: Bool) {
        var (start, isEscaped) = (0, false)
        for (index, byte) in (text + [UInt8(ascii: "\n")]).enumerated() {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "|") && !isEscaped {
                let cell = CodeSpans(Array(text[start..<index]))
                hasLooseRun = hasLooseRun || cell.hasLooseRun
                for (place, end) in cell.ends { ends[start + place] = start + end }
                start = index + 1
            }
            isEscaped = byte == UInt8(ascii: "\\") && !(togglesEscape && isEscaped)
        }
    }

    init(_ text: [UInt8]) {
        // The runs of each length, in their order, so that a text of many runs takes no longer than its length.
        var runs: [Int: [Int]] = [:]
        var starts: [(start: Int, length: Int)] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let start = index
            while index < text.count, text[index] == UInt8(ascii: "`") { index += 1 }
            runs[index - start, default: []].append(start)
            starts.append((start, index - start))
        }
        guard !starts.isEmpty else { return }
        var next: [Int: Int] = [:]
        index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "\\"), index + 1 < text.count, CodeSpans.isPunctuation(text[index + 1]) {
                index += 2
                continue
            }
            guard text[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let start = index
            while index < text.count, text[index] == UInt8(ascii: "`") { index += 1 }
            let length = index - start
            let candidates = runs[length] ?? []
            var place = next[length] ?? 0
            while place < candidates.count, candidates[place] < index { place += 1 }
            next[length] = place
            guard place < candidates.count else {
                hasLooseRun = true
                continue
            }
            index = candidates[place] + length
            ends[start] = index
        }
    }

    /// The end of the code span that begins at an index; `nil` if none does.
    func end(from index: Int) -> Int? { ends[index] }

    /// Whether a backslash before the byte makes it text.
    static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
