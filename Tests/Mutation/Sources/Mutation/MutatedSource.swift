import SwiftOperators
import SwiftParser
import SwiftSyntax

/// A source with all its mutants in it as switches: `mutantIsOn(17)` says whether mutant 17 is the one that runs.
///
/// Only what a function, an initialiser, an accessor or a closure does, and what a variable or a parameter starts with, is
/// mutated. Patterns, attributes, types and texts stay as they are; SQL has operators of its own.
package struct MutatedSource: Sendable {
    package let mutants: [Mutant]
    /// With the switches; a line of the original may stand on a later line here.
    package let text: String

    /// The module that has `mutantIsOn` and `mutantFlips`.
    package static let module = "MutationSwitch"

    /// - Parameters:
    ///   - file: as the mutants name it.
    ///   - firstID: the first mutant's.
    ///   - leavingOut: ids of mutants that are not put in, since they do not compile.
    package init(_ source: String, file: String, firstID: Int = 1, leavingOut left: Set<Int> = []) {
        let parsed = Parser.parse(source: source)
        // What cannot be folded stays a flat sequence, and its operators are not mutated.
        let folded = OperatorTable.standardOperators.foldAll(parsed) { _ in }
        var renderer = Renderer(
            file: file, firstID: firstID, left: left,
            lines: SourceLocationConverter(fileName: file, tree: parsed))
        let body = renderer.render(folded)
        mutants = renderer.mutants.filter { !left.contains($0.id) }
        nextID = firstID + renderer.mutants.count
        text = mutants.isEmpty ? source : "public import \(Self.module); \(body)"
    }

    /// The first id that a next source may give.
    package let nextID: Int
}

/// Writes a tree out, with a switch at each place that has mutants.
///
/// A mutated text holds the original of everything inside it: only one mutant is ever on.
struct Renderer {
    let file: String
    let firstID: Int
    let left: Set<Int>
    let lines: SourceLocationConverter
    private(set) var mutants: [Mutant] = []
    private var occurrences: [String: Int] = [:]
    /// Whether what is written out is run.
    var isCode = false

    init(file: String, firstID: Int, left: Set<Int>, lines: SourceLocationConverter) {
        self.file = file
        self.firstID = firstID
        self.left = left
        self.lines = lines
    }

    mutating func render(_ node: some SyntaxProtocol) -> String {
        let node = Syntax(node)
        if node.is(TokenSyntax.self) || Renderer.isLeftAlone(node) { return node.description }
        if !isCode, Renderer.beginsCode(node) {
            isCode = true
            defer { isCode = false }
            return rendered(node)
        }
        return rendered(node)
    }

    private mutating func rendered(_ node: Syntax) -> String {
        (isCode ? renderMutated(node) : nil) ?? renderChildren(of: node)
    }

    mutating func renderChildren(of node: Syntax) -> String {
        var text = ""
        for child in node.children(viewMode: .sourceAccurate) { text += render(child) }
        return text
    }

    /// The text between the spaces and comments around a node.
    mutating func renderTrimmed(_ node: some SyntaxProtocol) -> String {
        let text = render(node)
        let (before, after) = (node.leadingTrivia.description, node.trailingTrivia.description)
        return String(text.dropFirst(before.count).dropLast(after.count))
    }

    /// - Returns: the mutant's number for the switch; `nil` where it is left out.
    mutating func add(_ change: Mutant.Change, at node: some SyntaxProtocol, from original: String, to mutated: String)
        -> Int?
    {
        let id = firstID + mutants.count
        let (original, mutated) = (onOneLine(original), onOneLine(mutated))
        let occurrence = occurrences["\(original)\t\(mutated)", default: 0]
        occurrences["\(original)\t\(mutated)"] = occurrence + 1
        mutants.append(
            Mutant(
                id: id, file: file, line: node.startLocation(converter: lines).line, change: change, original: original,
                mutated: mutated, occurrence: occurrence))
        return left.contains(id) ? nil : id
    }

    /// Attributes, types and patterns are not run, and a macro may not take a switch.
    private static func isLeftAlone(_ node: Syntax) -> Bool {
        if node.is(TypeSyntax.self) && !node.is(ExprSyntax.self) { return true }
        if let function = node.as(FunctionDeclSyntax.self), isBuilt(function.attributes) { return true }
        if let variable = node.as(VariableDeclSyntax.self), isBuilt(variable.attributes) { return true }
        switch node.kind {
        case .attribute, .attributeList, .importDecl, .enumCaseDecl, .expressionPattern, .availabilityCondition,
            .macroExpansionExpr, .macroExpansionDecl, .genericParameterClause, .genericWhereClause,
            .genericArgumentClause, .keyPathExpr, .editorPlaceholderExpr:
            return true
        default: return false
        }
    }

    /// What a result builder transforms takes no switches.
    private static func isBuilt(_ attributes: AttributeListSyntax) -> Bool {
        attributes.contains { element in
            if case .attribute(let attribute) = element {
                attribute.attributeName.trimmedDescription.hasSuffix("Builder")
            } else {
                false
            }
        }
    }

    private static func beginsCode(_ node: Syntax) -> Bool {
        node.is(CodeBlockSyntax.self) || node.is(AccessorBlockSyntax.self) || node.is(InitializerClauseSyntax.self)
            || node.is(ClosureExprSyntax.self)
    }
}
