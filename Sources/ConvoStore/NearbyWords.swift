import ConvoSQLite

/// Finds words of the index that are a few letters away from another one.
///
/// The index gives its words in their order, and skips at once to the first one behind any text. So the search asks for the
/// first text with which a near word may begin, and where the index has another one, for the first such text behind that:
/// it works out the texts that a Levenshtein automaton accepts, in their order, and reads of the index only what lies
/// next to them.
struct NearbyWords {
    struct Word: Equatable {
        let letters: String
        /// How many letters were left out, added, replaced, or exchanged with their neighbour.
        let distance: Int
    }

    /// How many words of the index are read at most for one word: a bound of the time that it takes.
    static let readLimit = 1000
    /// Shorter words have too many others near them.
    static let shortest = 3

    private let word: [Unicode.Scalar]
    /// The letters of the word, sorted.
    private let alphabet: [Unicode.Scalar]
    private let limit: Int

    /// - Parameters:
    ///   - word: the word in the form that the index has.
    ///   - limit: the largest distance.
    init(of word: String, limit: Int) {
        self.word = Array(word.unicodeScalars)
        alphabet = Set(self.word).sorted()
        self.limit = limit
    }

    /// The distance that is searched for a word: two of a long one, one of a short one, none of a very short one.
    static func limit(of word: String) -> Int {
        let count = word.unicodeScalars.count
        return count < shortest ? 0 : count < 6 ? 1 : 2
    }

    /// The words of an index that are near.
    ///
    /// - Parameters:
    ///   - prefix: how many letters at the beginning must be the same.
    ///   - isOver: asked before each word is read; the search ends with what it has found where it says `true`.
    ///   - next: the first word of the index that is not before a text in the order of UTF-8 bytes; `nil` if there is
    ///     none.
    /// - Returns: the words, nearest first.
    func find(
        samePrefix prefix: Int = 1, until isOver: () -> Bool = { false }, next: (String) throws -> String?
    ) rethrows -> [Word] {
        let fixed = string(word.prefix(prefix))
        var found: [Word] = []
        var text: String? = fixed
        for _ in 0..<NearbyWords.readLimit {
            guard let wanted = text, !isOver(), let candidate = try next(wanted),
                candidate.unicodeScalars.starts(with: fixed.unicodeScalars)
            else { break }
            let letters = Array(candidate.unicodeScalars)
            let states = states(of: letters)
            if states.count > letters.count, let distance = states.last?.row.last, distance <= limit, distance > 0 {
                found.append(Word(letters: candidate, distance: distance))
            }
            text = first(behind: letters, states, fixed: min(prefix, word.count))
        }
        return sorted(found)
    }

    /// What is known of a beginning of a candidate: of each beginning of ``word``, how far it is away (the optimal string
    /// alignment distance).
    private struct State {
        let row: [Int]
        /// The same of the beginning that is a letter shorter, and the letter behind it: two neighbours may be exchanged.
        let before: [Int]
        let last: Unicode.Scalar?
    }

    /// The states of the letters' beginnings, from the empty one on, up to the first that no near word begins with.
    private func states(of letters: [Unicode.Scalar]) -> [State] {
        var states = [State(row: Array(0...word.count), before: [], last: nil)]
        for letter in letters {
            let next = state(behind: states[states.count - 1], letter)
            guard isViable(next) else { break }
            states.append(next)
        }
        return states
    }

    private func state(behind state: State, _ letter: Unicode.Scalar) -> State {
        var next = [state.row[0] + 1]
        for (column, own) in word.enumerated() {
            var cost = min(state.row[column + 1] + 1, next[column] + 1, state.row[column] + (own == letter ? 0 : 1))
            if column > 0, own == state.last, word[column - 1] == letter {
                cost = min(cost, state.before[column - 1] + 1)
            }
            next.append(cost)
        }
        return State(row: next, before: state.row, last: letter)
    }

    /// Whether a near word may begin so.
    private func isViable(_ state: State) -> Bool {
        if (state.row.min() ?? 0) <= limit { return true }
        // The last letter may be exchanged with the next one.
        return word.indices.dropFirst().contains { word[$0] == state.last && state.before[$0 - 1] < limit }
    }

    /// The first text behind the letters with which a near word may begin; `nil` if there is none.
    ///
    /// Behind the last possible change each letter is given, so the text may be a whole word.
    private func first(behind letters: [Unicode.Scalar], _ states: [State], fixed: Int) -> String? {
        var place = states.count - 1
        var lowest: Unicode.Scalar? = place < letters.count ? NearbyWords.successor(letters[place]) : "\u{1}"
        while place >= fixed {
            if let least = lowest, let letter = letter(behind: states[place], from: least) {
                var text = Array(letters[..<place]) + [letter]
                var last = state(behind: states[place], letter)
                while last.row[word.count] > limit, !allowsAnyLetter(last),
                    let given = self.letter(behind: last, from: "\u{1}")
                {
                    text.append(given)
                    last = state(behind: last, given)
                }
                return string(text[...])
            }
            place -= 1
            if place >= 0 { lowest = NearbyWords.successor(letters[place]) }
        }
        return nil
    }

    /// Whether a near word may go on with any letter.
    private func allowsAnyLetter(_ state: State) -> Bool { (state.row.min() ?? 0) < limit }

    /// The first letter, not before `least`, with which a near word may go on.
    private func letter(behind state: State, from least: Unicode.Scalar) -> Unicode.Scalar? {
        if allowsAnyLetter(state) { return least }
        return alphabet.first { $0 >= least && isViable(self.state(behind: state, $0)) }
    }

    private func sorted(_ words: [Word]) -> [Word] {
        words.enumerated().sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }.map(\.element)
    }

    private static func successor(_ letter: Unicode.Scalar) -> Unicode.Scalar? {
        Unicode.Scalar(letter.value == 0xD7FF ? 0xE000 : letter.value + 1)
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}

extension NearbyWords {
    /// Finds near words in the full-text index of the entries.
    func find(_ database: Database, samePrefix prefix: Int = 1, until isOver: () -> Bool) throws -> [Word] {
        // The words of the index in their order, each occurrence a row. The table is the connection's: a file with such a
        // table would make other programs count millions of rows.
        try database.executeTemporary(
            sql: "CREATE VIRTUAL TABLE IF NOT EXISTS temp.entry_words USING fts5vocab (main, entry_fts, instance)")
        let statement = try database.cachedStatement(sql: "SELECT term FROM entry_words WHERE term >= ? LIMIT 1")
        return try find(samePrefix: prefix, until: isOver) { text in try String.fetchOne(statement, arguments: [text]) }
    }
}
