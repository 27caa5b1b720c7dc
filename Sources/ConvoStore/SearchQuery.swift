import ConvoModel

/// What a person typed, as an expression for the index and conditions on what it finds. Nothing is a syntax error:
/// what can't be read as an operator is text.
///
/// Words must all be there; `"a phrase"` in a row; `prefix*`; `-not`; `a OR b`; `role:user` and other fields.
struct SearchQuery: Equatable {
    /// Characters of a query that are read, and terms of them that are used; the rest is left out.
    static let lengthLimit = 4096
    static let termLimit = 64

    /// A word or a phrase that a snippet marks.
    struct Wanted: Equatable {
        let text: String
        let isPrefix: Bool
    }

    /// In FTS5's language; `nil` where no word is asked for.
    let expression: String?
    /// The parts of ``expression`` in their order, each an expression of its own, excluded ones too.
    let phrases: [String]
    let wanted: [Wanted]
    let conditions: [SearchCondition]

    /// - Parameter now: what `after:7d` counts from.
    init(_ text: String, now: Timestamp) {
        var parser = SearchQueryParser(text, now: now)
        let terms = parser.terms()
        let (groups, excluded) = SearchQuery.grouped(terms)
        expression = SearchQuery.expression(groups, excluded)
        phrases = expression == nil ? [] : (groups.flatMap(\.self) + excluded).map(\.quoted)
        wanted = terms.filter { !$0.isExcluded }.map { Wanted(text: $0.text, isPrefix: $0.isPrefix) }
        conditions = parser.conditions
    }

    /// Whether only an entry, not a conversation's name, can be meant.
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
    /// Joined to the term before by OR.
    var isAlternative = false

    /// Scalar by scalar: a quote with an accent on it is a quote to FTS5, and another character to Swift.
    var quoted: String {
        var scalars = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars { scalars.append(contentsOf: scalar == "\"" ? [scalar, scalar] : [scalar]) }
        return String(scalars) + "\"" + (isPrefix ? " *" : "")
    }
}
