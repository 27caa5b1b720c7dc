import ConvoModel

/// A query that a person typed, parsed into an expression for the index and conditions on its hits.
///
/// A piece that cannot be read as an operator or a field is text. The one exception is a field of time (`before:`, `on:`)
/// whose value is no moment: as text it would find nothing, or what nobody meant.
///
/// All words must occur. `"a phrase"` matches words in a row, `prefix*` the words that begin so; `-word` excludes,
/// `a OR b` matches either, and `role:user` and other fields are conditions.
struct SearchQuery: Equatable {
    /// How many characters of a query are read; the rest is ignored.
    static let lengthLimit = 4096
    /// How many terms and fields of a query are used; the rest is ignored.
    static let termLimit = 64

    /// A word or a phrase that a snippet marks.
    struct Wanted: Equatable {
        let text: String
        let isPrefix: Bool
    }

    /// A piece of the query as it was typed.
    enum Part: Equatable {
        /// A word or phrase that must occur.
        case term(SearchTerm, source: String, isPhrase: Bool)
        case condition(String)
        /// An operator, or a word that must not occur.
        case word(String)
    }

    /// The query in FTS5's language; `nil` if it asks for no word.
    let expression: String?
    /// The words and phrases of ``expression`` in their order, excluded ones too, each an FTS5 expression of its own.
    let phrases: [String]
    let wanted: [Wanted]
    let conditions: [SearchCondition]
    /// The pieces in their order, those without a word left out.
    let parts: [Part]

    /// Parses a query.
    ///
    /// - Parameters:
    ///   - text: the query as it was typed.
    ///   - calendar: the moment from which `after:7d` counts back, and the zone whose days are meant.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)``.
    init(_ text: String, calendar: SearchCalendar) throws(StoreError) {
        var parser = SearchQueryParser(text, calendar: calendar)
        let terms = try parser.terms()
        let (groups, excluded) = SearchQuery.grouped(terms)
        expression = SearchQuery.expression(groups, excluded)
        phrases = expression == nil ? [] : (groups.flatMap(\.self) + excluded).map(\.quoted)
        wanted = terms.filter { !$0.isExcluded }.map { Wanted(text: $0.text, isPrefix: $0.isPrefix) }
        conditions = parser.conditions
        parts = parser.parts
    }

    /// Whether a condition depends on the time zone.
    var isLocal: Bool { conditions.contains(where: \.isLocal) }

    /// Whether only entries and queued writes can fulfil the conditions, and not a conversation's name.
    var isAboutEntries: Bool { conditions.contains { $0.field.isOfEntry } }

    private static func grouped(_ terms: [SearchTerm]) -> (groups: [[SearchTerm]], excluded: [SearchTerm]) {
        var groups: [[SearchTerm]] = []
        var excluded: [SearchTerm] = []
        for term in terms {
            if term.isExcluded {
                excluded.append(term)
            } else if term.isAlternative, !groups.isEmpty {
                groups[groups.count - 1].append(term)
            } else {
                groups.append([term])
            }
        }
        return (groups, excluded)
    }

    private static func expression(_ groups: [[SearchTerm]], _ excluded: [SearchTerm]) -> String? {
        guard !groups.isEmpty else { return nil }
        let wanted = groups.map { group in
            group.count == 1 ? group[0].quoted : "(" + group.map(\.quoted).joined(separator: " OR ") + ")"
        }.joined(separator: " AND ")
        guard !excluded.isEmpty else { return wanted }
        return "(\(wanted)) NOT (\(excluded.map(\.quoted).joined(separator: " OR ")))"
    }
}

/// A word or phrase of a query.
struct SearchTerm: Equatable {
    var text: String
    var isPrefix = false
    var isExcluded = false
    /// Whether OR joins the term to the one before it.
    var isAlternative = false

    /// The term as an FTS5 string.
    ///
    /// Quotes are doubled scalar by scalar: FTS5 reads a quote with a combining accent as a quote, while Swift sees
    /// another character.
    var quoted: String {
        var scalars = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars { scalars.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
        return String(scalars) + "\"" + (isPrefix ? " *" : "")
    }
}
