import SwiftParser
import SwiftSyntax

/// Finds the mutants that do not compile: those in the smallest piece of a source with an error in it.
package enum Culprits {
    /// - Parameters:
    ///   - text: a source with switches.
    ///   - line: the line of the compiler's error, from 1.
    ///   - column: the column of the error, from 1, in bytes.
    /// - Returns: the mutants' ids; none if the source has no switches.
    package static func ids(in text: String, line: Int, column: Int) -> Set<Int> {
        let tree = Parser.parse(source: text)
        let lines = SourceLocationConverter(fileName: "", tree: tree)
        let position = lines.position(ofLine: line, column: column)
        var node = tree.token(at: position).map { Syntax($0) }
        while let here = node {
            let found = ids(of: here.description)
            if !found.isEmpty { return found }
            node = here.parent
        }
        return ids(of: text)
    }

    /// An error that the compiler printed: `file:line:column: error: …`.
    package struct Diagnostic: Sendable, Hashable {
        package let file: String
        package let line: Int
        package let column: Int
        package let message: String

        package init?(_ outputLine: String) {
            guard let colon = outputLine.firstRange(of: ": error: ") else { return nil }
            let parts = outputLine[..<colon.lowerBound].split(separator: ":")
            guard parts.count >= 3, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1])
            else { return nil }
            file = parts.dropLast(2).joined(separator: ":")
            (self.line, self.column) = (line, column)
            message = String(outputLine[colon.upperBound...])
        }
    }

    static func ids(of text: String) -> Set<Int> {
        Set(text.matches(of: #/mutant(?:IsOn|Flips)\((\d+)/#).compactMap { Int($0.1) })
    }
}
