import SwiftOperators
import SwiftParser
import SwiftSyntax

/// A source with all its mutants in it as switches: `mutantIsOn(17)` says whether mutant 17 is on.
///
/// The bodies of functions, initialisers, accessors and closures are mutated, and the initial values of variables and
/// parameters. Patterns, attributes, types and texts stay as they are; SQL has mutation operators of its own.
package struct MutatedSource: Sendable {
    package let mutants: [Mutant]
    /// The source with the switches; a line of the original may be a later line here.
    package let text: String

    /// The module that has `mutantIsOn` and `mutantFlips`.
    package static let module = "MutationSwitch"

    /// Finds the mutants of a source, and writes the source with them.
    ///
    /// - Parameters:
    ///   - source: the original text.
    ///   - file: the path that the mutants carry.
    ///   - firstID: the id of the first mutant.
    ///   - left: the ids of mutants that are left out because they do not compile.
    package init(_ source: String, file: String, firstID: Int = 1, leavingOut left: Set<Int> = []) {
        let parsed = Parser.parse(source: source)
        // An expression that cannot be folded stays a flat sequence, and its operators are not mutated.
        let folded = OperatorTable.standardOperators.foldAll(parsed) { _ in }
        var renderer = Renderer(
            file: file, firstID: firstID, left: left,
            lines: SourceLocationConverter(fileName: file, tree: parsed))
        let body = renderer.render(folded)
        mutants = renderer.mutants.filter { !left.contains($0.id) }
        nextID = firstID + renderer.mutants.count
        text = mutants.isEmpty ? source : "public import \(Self.module); \(body)"
    }

    /// The first id for the mutants of the next source.
    package let nextID: Int
}

/// Writes a syntax tree out, with a switch at each place that has mutants.
///
/// A mutated text contains no switches itself, because only one mutant is ever on.
struct Renderer {
    let file: String
    let firstID: Int
    let left: Set<Int>
    let lines: SourceLocationConverter
    private(set) var mutants: [Mutant] = []
    private var occurrences: [String: Int] = [:]
    /// Whether the node that is written out is code that runs.
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

    /// Renders a node without the spaces and comments around it.
    mutating func renderTrimmed(_ node: some SyntaxProtocol) -> String {
        let text = render(node)
        let (before, after) = (node.leadingTrivia.description, node.trailingTrivia.description)
        return String(text.dropFirst(before.count).dropLast(after.count))
    }

    /// Adds a mutant.
    ///
    /// - Returns: the mutant's id for the switch; `nil` if the mutant is left out.
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

    /// Whether a node is not mutated: attributes, types and patterns do not run, and a macro may not accept a switch.
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

    /// Whether a result builder transforms the body, so that it cannot have switches.
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
