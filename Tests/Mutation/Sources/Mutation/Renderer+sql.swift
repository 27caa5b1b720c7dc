// One file for each kind of mutant.

import SwiftSyntax

extension Renderer {
    /// Renders a string literal; only one that contains SQL has mutants.
    mutating func renderString(_ literal: StringLiteralExprSyntax) -> String {
        let text = literal.trimmedDescription
        let mutations = SQLText(text).mutations
        if mutations.isEmpty { return literal.description }
        return renderChoice(
            literal, mutations.map { ($0.change, $0.original, $0.mutated) }, texts: mutations.map(\.text)
        ) { _ in literal.description }
    }
}
