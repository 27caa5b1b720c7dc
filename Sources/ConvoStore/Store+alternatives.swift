import ConvoModel
import ConvoSQLite
import ConvoWords

/// A query that finds something, in place of one that finds nothing.
public struct SearchAlternative: Sendable, Hashable {
    /// How the query differs from the one that was given.
    public enum Kind: String, Sendable, Hashable {
        /// Words that occur nowhere are replaced by words of the index that are a few letters away.
        case corrected
        /// The conditions (`role:`, `after:` …) are left out.
        case withoutConditions = "without_conditions"
    }
    /// How the query differs.
    public let kind: Kind
    /// The query.
    public let query: String
    /// How many it finds, as ``SearchResults/total``.
    public let total: Int
    /// Whether ``total`` is all that was counted.
    public let isTotalExact: Bool
}

extension Store {
    /// How many corrections are offered.
    private static let correctionLimit = 3
    /// How long near words are looked for: a person waits for the answer.
    private static let microsecondsForNearWords: Int64 = 30_000

    /// Other queries for one that has found nothing: with near words in place of those that occur nowhere, and without
    /// its conditions.
    ///
    /// Near words are words of the index, in the form that they have there: small letters without diacritics. Looking for
    /// them ends after 30 milliseconds with those that were found by then.
    ///
    /// - Parameter query: the query, as for ``search(_:limit:order:)``.
    /// - Returns: the queries that find something, corrected ones first, best first; empty if there are none.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)`` as ``search(_:limit:order:)`` does; another ``StoreError`` if the
    ///   file cannot be read.
    public func alternatives(to query: String) throws(StoreError) -> [SearchAlternative] {
        let now = environment.now()
        let calendar = SearchCalendar(now: now, zone: environment.timeZone())
        let parsed = try SearchQuery(query, calendar: calendar)
        guard parsed.expression != nil else { return [] }
        return try read { database in
            let index = try IndexState.load(database, own: environment.indexVersion)
            func alternative(_ kind: SearchAlternative.Kind, _ text: String) throws -> SearchAlternative? {
                let total = try Search(
                    database, SearchQuery(text, calendar: calendar), order: .date, now: now, index: index
                ).total()
                guard total > 0 else { return nil }
                return SearchAlternative(
                    kind: kind, query: text, total: min(total, Store.countedLimit),
                    isTotalExact: total <= Store.countedLimit)
            }
            var found: [SearchAlternative] = []
            let conditions = parsed.conditions.isEmpty ? [] : parsed.conditionSources
            let end = environment.uptime().microseconds + Store.microsecondsForNearWords
            let corrections = Corrections(database) { [environment] in environment.uptime().microseconds >= end }
            for terms in try corrections.of(parsed).prefix(Store.correctionLimit) {
                let text = (terms + conditions).joined(separator: " ")
                if let corrected = try alternative(.corrected, text) { found.append(corrected) }
            }
            if !conditions.isEmpty,
                let plain = try alternative(.withoutConditions, parsed.termSources.joined(separator: " "))
            {
                found.append(plain)
            }
            return found
        }
    }
}

extension SearchQuery {
    /// The words, phrases and operators as they were typed.
    fileprivate var termSources: [String] {
        parts.compactMap { part in
            switch part {
            case .term(_, let source, _), .word(let source): source
            case .condition: nil
            }
        }
    }

    fileprivate var conditionSources: [String] {
        parts.compactMap { if case .condition(let source) = $0 { source } else { nil } }
    }
}

/// Finds words of the index in place of those that occur nowhere.
private struct Corrections {
    /// How many words of a query are replaced at most.
    private static let wordLimit = 3
    /// How many occurrences of a near word are counted: the more frequent one of two is offered first.
    private static let countLimit = 100

    private let database: Database
    /// Whether near words were looked for long enough.
    private let isOver: () -> Bool

    init(_ database: Database, until isOver: @escaping () -> Bool) { (self.database, self.isOver) = (database, isOver) }

    /// The words and phrases of the query with replacements; several if one word has several near ones.
    func of(_ query: SearchQuery) throws -> [[String]] {
        var choices: [[String]] = [[]]
        var (replaced, unknown) = (0, 0)
        for part in query.parts {
            switch part {
            case .condition: break
            case .word(let source): choices = choices.map { $0 + [source] }
            case .term(let term, let source, let isPhrase):
                let texts = try term.isPrefix ? nil : near(term.text, isPhrase: isPhrase, &unknown)
                guard unknown <= Corrections.wordLimit else { return [] }
                if texts != nil { replaced += 1 }
                // With several unknown words, only the best of each is offered.
                let options = texts.map { replaced > 1 ? Array($0.prefix(1)) : $0 } ?? [source]
                if replaced > 1, options != [source] { choices = Array(choices.prefix(1)) }
                choices = options.flatMap { option in choices.map { $0 + [option] } }
            }
        }
        return replaced == 0 ? [] : choices
    }

    /// Replaces the words of a term that occur nowhere.
    ///
    /// - Parameters:
    ///   - text: the term's text.
    ///   - isPhrase: whether it is a phrase.
    ///   - unknown: the number of words so far that occur nowhere; beyond ``wordLimit``, none is looked up.
    /// - Returns: the texts with near words, best first; `nil` if all words occur, or one has no near word.
    /// - Throws: ``DatabaseError``.
    private func near(_ text: String, isPhrase: Bool, _ unknown: inout Int) throws -> [String]? {
        let tokens = QueryWords.tokens(of: text)
        var choices: [[String]] = [[]]
        var isChanged = false
        for token in tokens {
            var options = [token.letters]
            if token.isWord, try count(of: token.letters, limit: 1) == 0 {
                unknown += 1
                guard unknown <= Corrections.wordLimit else { return nil }
                options = try near(word: token.letters)
                guard !options.isEmpty else { return nil }
                if isChanged { options = [options[0]] }
                isChanged = true
            }
            choices = options.flatMap { option in choices.map { $0 + [option] } }
        }
        guard isChanged else { return nil }
        return choices.map { $0.joined(separator: " ") }.map { isPhrase || tokens.count > 1 ? "\"\($0)\"" : $0 }
    }

    private func near(word: String) throws -> [String] {
        let limit = NearbyWords.limit(of: word)
        guard limit > 0 else { return [] }
        // Most mistakes are one letter, and few are the first one. With two, the second letter stays as well: that many
        // words begin with one letter.
        for distance in 1...limit {
            let found = try NearbyWords(of: word, limit: distance).find(database, samePrefix: distance, until: isOver)
            guard !found.isEmpty else { continue }
            let counted = try found.map { (word: $0, count: try count(of: $0.letters, limit: Corrections.countLimit)) }
            return counted.sorted { ($0.word.distance, -$0.count) < ($1.word.distance, -$1.count) }
                .map(\.word.letters)
        }
        return []
    }

    private func count(of word: String, limit: Int) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT COUNT(*) FROM (SELECT 1 FROM entry_fts WHERE entry_fts MATCH ? LIMIT ?)"),
            arguments: [SearchTerm(text: word).quoted, limit]) ?? 0
    }
}
