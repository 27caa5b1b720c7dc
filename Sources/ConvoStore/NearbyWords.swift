import ConvoSQLite

/// Finds words of the index that are a few letters away from another one.
///
/// The index gives its words in their order, and skips at once to the first one behind any text. So the search reads
/// only words that begin as a near word may begin: where the letters read so far differ too much, it skips all words
/// that begin with them.
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
    private let limit: Int

    /// - Parameters:
    ///   - word: the word in the form that the index has.
    ///   - limit: the largest distance.
    init(of word: String, limit: Int) {
        self.word = Array(word.unicodeScalars)
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
    ///   - next: the first word of the index that is not before a text in the order of UTF-8 bytes; `nil` if there is
    ///     none.
    /// - Returns: the words, nearest first.
    func find(samePrefix prefix: Int = 1, next: (String) throws -> String?) rethrows -> [Word] {
        let fixed = string(word.prefix(prefix))
        var found: [Word] = []
        var text = fixed
        for _ in 0..<NearbyWords.readLimit {
            guard let candidate = try next(text), candidate.unicodeScalars.starts(with: fixed.unicodeScalars) else {
                break
            }
            let letters = Array(candidate.unicodeScalars)
            switch compare(letters) {
            case .near(let distance):
                if distance > 0 { found.append(Word(letters: candidate, distance: distance)) }
                text = candidate + "\u{1}"
            case .far: text = candidate + "\u{1}"
            case .farFrom(let count):
                guard let skipped = NearbyWords.successor(letters[0...count]) else { return sorted(found) }
                text = string(skipped[...])
            }
        }
        return sorted(found)
    }

    private enum Comparison {
        case near(Int)
        case far
        /// Every word that begins with the letters up to and with this place is far.
        case farFrom(Int)
    }

    /// Compares by the optimal string alignment distance.
    private func compare(_ letters: [Unicode.Scalar]) -> Comparison {
        var (before, row) = ([Int](), Array(0...word.count))
        for (place, letter) in letters.enumerated() {
            var next = [place + 1]
            for (column, own) in word.enumerated() {
                var cost = min(row[column + 1] + 1, next[column] + 1, row[column] + (own == letter ? 0 : 1))
                if place > 0, column > 0, own == letters[place - 1], word[column - 1] == letter {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            // Two neighbours that are exchanged cost one more than what stood before both.
            if (next.min() ?? 0) > limit, (row.min() ?? 0) >= limit { return .farFrom(place) }
            (before, row) = (row, next)
        }
        let distance = row[word.count]
        return distance <= limit ? .near(distance) : .far
    }

    private func sorted(_ words: [Word]) -> [Word] {
        words.enumerated().sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }.map(\.element)
    }

    /// The first text behind all that begin with the letters; `nil` if there is none.
    private static func successor(_ letters: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar]? {
        guard let last = letters.last else { return nil }
        let value = last.value == 0xD7FF ? 0xE000 : last.value + 1
        return Unicode.Scalar(value).map { Array(letters.dropLast()) + [$0] } ?? successor(letters.dropLast())
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}

extension NearbyWords {
    /// Finds near words in the full-text index of the entries.
    func find(_ database: Database, samePrefix prefix: Int = 1) throws -> [Word] {
        let statement = try database.cachedStatement(sql: "SELECT term FROM entry_words WHERE term >= ? LIMIT 1")
        return try find(samePrefix: prefix) { text in try String.fetchOne(statement, arguments: [text]) }
    }
}
