import ConvoModel
import ConvoWords

/// Reads a query piece by piece: words, phrases, and fields.
struct SearchQueryParser {
    private let text: [Character]
    private let calendar: SearchCalendar
    private var index = 0
    private(set) var conditions: [SearchCondition] = []
    /// The pieces of the query as they were typed, and what each was read as.
    private(set) var parts: [SearchQuery.Part] = []

    init(_ text: String, calendar: SearchCalendar) {
        self.text = Array(text.prefix(SearchQuery.lengthLimit))
        self.calendar = calendar
    }

    private struct Piece {
        var text: String
        var isExcluded = false
        var isPhrase = false
        /// The field's name before a colon and a phrase, as in `in:"My notes"`.
        var field: String?
    }

    /// Reads the words and phrases of the query, and its fields into ``conditions``.
    ///
    /// - Throws: ``StoreError/unreadableMoment(_:_:)``.
    mutating func terms() throws(StoreError) -> [SearchTerm] {
        var terms: [SearchTerm] = []
        var isAlternative = false
        while let (piece, source) = nextPieceAndSource(), terms.count + conditions.count < SearchQuery.termLimit {
            if !piece.isPhrase, !piece.isExcluded, piece.text == "OR" {
                isAlternative = !terms.isEmpty
                if isAlternative { parts.append(.word(source)) }
                continue
            }
            if let condition = try condition(piece) {
                conditions.append(condition)
                parts.append(.condition(source))
                continue
            }
            var term = SearchTerm(text: piece.text, isExcluded: piece.isExcluded, isAlternative: isAlternative)
            if !piece.isPhrase { term.readPrefix() }
            isAlternative = false
            guard term.hasWord else {
                if case .word("OR") = parts.last { parts.removeLast() }
                continue
            }
            terms.append(term.preparedForOneCharacter())
            let closed = piece.isPhrase ? (piece.isExcluded ? "-" : "") + "\"\(piece.text)\"" : source
            parts.append(piece.isExcluded ? .word(closed) : .term(term, source: closed, isPhrase: piece.isPhrase))
        }
        return terms
    }

    private mutating func nextPieceAndSource() -> (Piece, String)? {
        let start = index
        return nextPiece().map { piece in
            (piece, SearchQueryParser.printable(text[start..<index].drop(while: SearchQueryParser.isSpace)))
        }
    }

    private func condition(_ piece: Piece) throws(StoreError) -> SearchCondition? {
        if let field = piece.field {
            return try SearchCondition(
                field: field, value: piece.text, isExcluded: piece.isExcluded, calendar: calendar)
        }
        guard !piece.isPhrase, let colon = piece.text.firstIndex(of: ":") else { return nil }
        return try SearchCondition(
            field: String(piece.text[..<colon]), value: String(piece.text[piece.text.index(after: colon)...]),
            isExcluded: piece.isExcluded, calendar: calendar)
    }

    /// The next word or quoted phrase; the query's end closes an open quote.
    private mutating func nextPiece() -> Piece? {
        while index < text.count, SearchQueryParser.isSpace(text[index]) { index += 1 }
        guard index < text.count else { return nil }
        var piece = Piece(text: "")
        if text[index] == "-", index + 1 < text.count, text[index + 1] != "-",
            !SearchQueryParser.isSpace(text[index + 1])
        {
            piece.isExcluded = true
            index += 1
        }
        if text[index] == "\"" {
            piece.isPhrase = true
            piece.text = quoted()
            return piece
        }
        let end = text[index...].firstIndex { SearchQueryParser.isSpace($0) || $0 == "\"" } ?? text.count
        piece.text = SearchQueryParser.printable(text[index..<end])
        index = end
        if end < text.count, text[end] == "\"", piece.text.hasSuffix(":"),
            SearchCondition.isField(String(piece.text.dropLast()))
        {
            piece.field = String(piece.text.dropLast())
            piece.text = quoted()
        }
        return piece
    }

    /// Reads the text between the quote at ``index`` and the next quote.
    private mutating func quoted() -> String {
        let start = index + 1
        let end = text[start...].firstIndex(of: "\"") ?? text.count
        index = min(end + 1, text.count)
        return SearchQueryParser.printable(text[start..<end])
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

extension SearchTerm {
    fileprivate var hasWord: Bool { !QueryWords(text).isEmpty }

    fileprivate mutating func readPrefix() {
        guard text.count > 1, text.hasSuffix("*") else { return }
        isPrefix = true
        text.removeLast()
    }

    /// Makes a prefix of a single character of a script without spaces: that script is indexed by pairs of characters.
    fileprivate func preparedForOneCharacter() -> Self {
        guard QueryWords(text).isOneUnspacedCharacter else { return self }
        var term = self
        term.isPrefix = true
        return term
    }
}
