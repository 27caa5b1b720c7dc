/// What a person typed, as an expression for the index. Nothing is a syntax error: what can't be read as an
/// operator is text.
///
/// Words must all be there; `"a phrase"` in a row; `prefix*`; `-not`; `a OR b`.
struct SearchQuery: Equatable {
    /// Characters of a query that are read, and terms of them that are used; the rest is left out.
    static let lengthLimit = 4096
    static let termLimit = 64

    /// In FTS5's language; `nil` where nothing can be looked for.
    let expression: String?
    /// The words that a snippet marks, as typed.
    let words: [String]

    init(_ text: String) {
        var parser = Parser(text: Array(text.prefix(SearchQuery.lengthLimit)))
        let terms = parser.terms()
        expression = SearchQuery.expression(terms)
        words = terms.filter { !$0.isExcluded }.map(\.text)
    }

    fileprivate struct Term: Equatable {
        var text: String
        var isPrefix = false
        var isExcluded = false
        /// Joined to the term before by OR.
        var isAlternative = false

        var quoted: String {
            "\"" + text.replacing("\"", with: "\"\"") + "\"" + (isPrefix ? " *" : "")
        }
    }

    private static func expression(_ terms: [Term]) -> String? {
        var groups: [[String]] = []
        var excluded: [String] = []
        for term in terms {
            if term.isExcluded {
                excluded.append(term.quoted)
            } else if term.isAlternative, !groups.isEmpty {
                groups[groups.count - 1].append(term.quoted)
            } else {
                groups.append([term.quoted])
            }
        }
        guard !groups.isEmpty else { return nil }
        let wanted = groups.map { $0.count == 1 ? $0[0] : "(" + $0.joined(separator: " OR ") + ")" }
            .joined(separator: " AND ")
        return excluded.isEmpty ? wanted : "(\(wanted)) NOT (\(excluded.joined(separator: " OR ")))"
    }
}

extension SearchQuery {
    fileprivate struct Parser {
        let text: [Character]
        var index = 0

        mutating func terms() -> [Term] {
            var terms: [Term] = []
            var isAlternative = false
            while let (word, isPhrase) = nextPiece(), terms.count < SearchQuery.termLimit {
                if !isPhrase, word == "OR" {
                    isAlternative = !terms.isEmpty
                    continue
                }
                var term = Term(text: word, isAlternative: isAlternative)
                if !isPhrase { term.readOperators() }
                isAlternative = false
                if term.text.unicodeScalars.contains(where: {
                    ScriptClass($0) != .separator && ScriptClass($0) != .mark
                }) {
                    terms.append(term.preparedForOneCharacter())
                }
            }
            return terms
        }

        /// The next word, or what stands between quotes; an open quote ends with the text.
        private mutating func nextPiece() -> (String, isPhrase: Bool)? {
            while index < text.count, SearchQuery.isSpace(text[index]) { index += 1 }
            guard index < text.count else { return nil }
            let isExcluded = text[index] == "-" && index + 1 < text.count && text[index + 1] == "\""
            let quote = isExcluded ? index + 1 : index
            if text[quote] == "\"" {
                let end = text[(quote + 1)...].firstIndex(of: "\"") ?? text.count
                defer { index = min(end + 1, text.count) }
                let phrase = SearchQuery.printable(text[min(quote + 1, end)..<end])
                return isExcluded ? ("-" + phrase, false) : (phrase, true)
            }
            let end = text[index...].firstIndex { SearchQuery.isSpace($0) || $0 == "\"" } ?? text.count
            defer { index = end }
            return (SearchQuery.printable(text[index..<end]), false)
        }
    }

    private static func isSpace(_ character: Character) -> Bool {
        character.isWhitespace || character.unicodeScalars.allSatisfy { $0.value < 0x20 }
    }

    private static func printable(_ characters: ArraySlice<Character>) -> String {
        String(
            String.UnicodeScalarView(
                characters.flatMap(\.unicodeScalars).filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}

extension SearchQuery.Term {
    fileprivate mutating func readOperators() {
        if text.count > 1, text.hasPrefix("-"), !text.hasPrefix("--") {
            isExcluded = true
            text.removeFirst()
        }
        if text.count > 1, text.hasSuffix("*") {
            isPrefix = true
            text.removeLast()
        }
    }

    /// Pairs of neighbours are indexed of a script without spaces: one character is the beginning of its pairs.
    fileprivate func preparedForOneCharacter() -> Self {
        let scalars = text.unicodeScalars.filter { ScriptClass($0) != .separator }
        guard scalars.count == 1, let only = scalars.first, ScriptClass(only) == .unspaced else { return self }
        var term = self
        term.isPrefix = true
        return term
    }
}
