/// Finds the word that a person may have meant by a mistyped one.
package enum Suggestion {
    /// The largest distance of a word that is suggested.
    static let limit = 2
    /// Longer words are not compared: nobody mistypes a text.
    static let lengthLimit = 64

    /// The known word that is nearest to a given one.
    ///
    /// - Parameters:
    ///   - word: what the person typed.
    ///   - known: the words that exist; of several that are equally near, the first wins.
    /// - Returns: a word at a distance of at most two changes, and of fewer changes than `word` has letters; `nil` if
    ///   there is none.
    package static func nearest(to word: String, among known: [String]) -> String? {
        guard word.utf8.count <= lengthLimit else { return nil }
        let letters = Array(word.lowercased())
        var best: (word: String, distance: Int)?
        for candidate in known {
            let other = Array(candidate.lowercased())
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            guard distance <= limit, distance < letters.count, distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.word
    }

    /// The number of changes that make one word of the other: a letter more, less or another, or two neighbours exchanged
    /// (the restricted Damerau-Levenshtein distance).
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var next = [row + 1]
            for (column, otherLetter) in other.enumerated() {
                var cost = min(last[column + 1] + 1, next[column] + 1, last[column] + (letter == otherLetter ? 0 : 1))
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == otherLetter {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[other.count]
    }
}
