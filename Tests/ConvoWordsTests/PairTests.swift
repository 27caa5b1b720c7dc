import Foundation
import Testing

@testable import ConvoWords

/// Pairs of words in many languages, each with what its readers expect: `Tests/Fixtures/words/pairs.tsv`.
@Suite struct `A query in its language` {
    struct Pair: CustomTestStringConvertible {
        let language: String
        let isEqual: Bool
        let query: String
        let text: String
        let rule: String

        var testDescription: String { "\(language): \(query) \(isEqual ? "in" : "not in") \(text)" }
    }

    private static func pairs() throws -> [Pair] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/words/pairs.tsv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
            .filter { !$0.hasPrefix("#") }
            .map { line in
                let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                try #require(cells.count == 5 && ["equal", "different"].contains(cells[1]), "\(line)")
                return Pair(
                    language: cells[0], isEqual: cells[1] == "equal", query: cells[2], text: cells[3], rule: cells[4])
            }
    }

    @Test func `finds what its readers take for the same word, and nothing else`() throws {
        let pairs = try Self.pairs()
        for pair in pairs {
            #expect(finds(pair.query, in: pair.text) == pair.isEqual, "\(pair.testDescription) (\(pair.rule))")
        }
        #expect(pairs.count >= 400)
        #expect(Set(pairs.map(\.language)).count >= 30)
    }
}
