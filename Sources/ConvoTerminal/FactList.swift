/// Facts, each with its label before it: `daemon      not running`.
package enum FactList {
    /// The columns between the labels and the facts.
    private static let gap = 2
    /// The least columns of a fact beside its label; where there are fewer, it stands below.
    private static let leastWidth = 12

    /// The lines of facts, none wider than the terminal.
    ///
    /// A fact is broken at spaces, under its own beginning. One with a word that is longer than the room stands below its label, so
    /// that the word is whole where it can be.
    ///
    /// - Parameters:
    ///   - facts: labels and facts, in their order; an empty label goes on with the fact before it. They need not be sanitised.
    ///   - width: the terminal's width in columns; `nil` where there is none, and nothing is broken.
    ///   - ansi: the style of the labels.
    /// - Returns: the lines.
    package static func lines(_ facts: [(label: String, words: String)], width: Int?, ansi: ANSIStyle) -> [String] {
        let column = (facts.map(\.label.columns).max() ?? 0) + gap
        return facts.flatMap { label, words in
            let words = words.sanitised(.line)
            let head = ansi.faint(label.padded(to: column))
            guard let width, column + words.columns > width else { return [head + words] }
            let room = width - column
            if room >= leastWidth, longestWord(of: words) <= room {
                let parts = words.wrapped(to: room)
                return parts.enumerated().map { index, part in
                    (index == 0 ? head : String(repeating: " ", count: column)) + part
                }
            }
            let below = words.wrapped(to: max(1, width - gap)).map { String(repeating: " ", count: gap) + $0 }
            return (label.isEmpty ? [] : [ansi.faint(label)]) + below
        }
    }

    private static func longestWord(of words: String) -> Int {
        words.split(separator: " ").map { String($0).columns }.max() ?? 0
    }
}
