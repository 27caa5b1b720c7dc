import SwiftParser
import SwiftSyntax

/// A package's manifest reduced to what some of its test targets need, with the module of the switches added.
package struct ScratchManifest: Sendable {
    package let text: String

    /// Makes the reduced manifest; one without targets stays as it is.
    ///
    /// - Parameters:
    ///   - manifest: the text of `Package.swift`.
    ///   - roots: the names of the test targets.
    ///   - mutated: the names of the targets whose sources have switches.
    package init(_ manifest: String, roots: [String], mutated: Set<String>) {
        let tree = Parser.parse(source: manifest)
        let finder = PackageCallFinder(viewMode: .sourceAccurate)
        finder.walk(tree)
        guard let call = finder.call, let targets = call.array("targets") else {
            text = manifest
            return
        }
        let kept = ScratchManifest.closure(of: roots, in: targets)
        var edits: [(range: Range<Int>, text: String)] = []
        for element in targets.elements {
            guard let target = element.expression.as(FunctionCallExprSyntax.self), let name = target.string("name")
            else {
                continue
            }
            if !kept.contains(name) {
                edits.append((element.bytes, ""))
            } else if mutated.contains(name) {
                edits.append(ScratchManifest.addingSwitches(to: target))
            }
        }
        let start = targets.leftSquare.endPosition.utf8Offset
        edits.append((start..<start, ".target(name: \"\(MutatedSource.module)\", path: \"\(MutatedSource.module)\"),"))
        if let products = call.array("products") { edits.append((products.bytes, "[]")) }
        if let packages = call.array("dependencies") {
            let used = ScratchManifest.packages(of: kept, in: targets)
            for element in packages.elements where !ScratchManifest.isUsed(element, used) {
                edits.append((element.bytes, ""))
            }
        }
        text = ScratchManifest.applying(edits, to: manifest)
            // Some mutants make a condition that is always true, of which the compiler warns.
            .replacing(".treatAllWarnings(as: .error)", with: ".treatAllWarnings(as: .warning)")
    }

    private static func closure(of roots: [String], in targets: ArrayExprSyntax) -> Set<String> {
        var dependencies: [String: [String]] = [:]
        for target in targets.calls {
            guard let name = target.string("name") else { continue }
            dependencies[name] = target.array("dependencies")?.elements.compactMap {
                $0.expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue
                    ?? $0.expression.as(FunctionCallExprSyntax.self).flatMap {
                        $0.string("package") == nil ? $0.string("name") : nil
                    }
            }
        }
        var (kept, waiting): (Set<String>, [String]) = ([], roots)
        while let name = waiting.popLast() {
            if kept.insert(name).inserted { waiting += dependencies[name] ?? [] }
        }
        return kept
    }

    /// The packages that the kept targets depend on: by a product with its package, or by a name that is not a
    /// target's.
    private static func packages(of kept: Set<String>, in targets: ArrayExprSyntax) -> Set<String> {
        let names = Set(targets.calls.compactMap { $0.string("name") })
        var used: Set<String> = []
        for target in targets.calls where kept.contains(target.string("name") ?? "") {
            for element in target.array("dependencies")?.elements ?? [] {
                if let package = element.expression.as(FunctionCallExprSyntax.self)?.string("package") {
                    used.insert(package.lowercased())
                } else if let name = element.expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue,
                    !names.contains(name)
                {
                    used.insert(name.lowercased())
                }
            }
        }
        return used
    }

    private static func isUsed(_ package: ArrayElementSyntax, _ used: Set<String>) -> Bool {
        guard let call = package.expression.as(FunctionCallExprSyntax.self),
            let location = call.string("url") ?? call.string("path"), let name = location.split(separator: "/").last
        else { return true }
        return used.contains(name.lowercased().replacing(".git", with: ""))
    }

    private static func addingSwitches(to target: FunctionCallExprSyntax) -> (range: Range<Int>, text: String) {
        let name = "\"\(MutatedSource.module)\""
        if let list = target.array("dependencies") {
            let start = list.leftSquare.endPosition.utf8Offset
            return (start..<start, "\(name), ")
        }
        guard let first = target.argument("name") else { return (0..<0, "") }
        let start = first.expression.endPosition.utf8Offset
        return (start..<start, ", dependencies: [\(name)]")
    }

    private static func applying(_ edits: [(range: Range<Int>, text: String)], to manifest: String) -> String {
        var bytes = Array(manifest.utf8)
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(edit.range, with: edit.text.utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private final class PackageCallFinder: SyntaxVisitor {
    var call: FunctionCallExprSyntax?

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        if call == nil, node.calledExpression.trimmedDescription == "Package" { call = node }
        return call == nil ? .visitChildren : .skipChildren
    }
}

extension FunctionCallExprSyntax {
    fileprivate func argument(_ label: String) -> LabeledExprSyntax? { arguments.first { $0.label?.text == label } }

    fileprivate func array(_ label: String) -> ArrayExprSyntax? {
        argument(label)?.expression.as(ArrayExprSyntax.self)
    }

    fileprivate func string(_ label: String) -> String? {
        argument(label)?.expression.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    }
}

extension ArrayExprSyntax {
    fileprivate var calls: [FunctionCallExprSyntax] {
        elements.compactMap { $0.expression.as(FunctionCallExprSyntax.self) }
    }
}

extension SyntaxProtocol {
    /// The node's range in the source, in bytes, without the spaces and comments around it.
    fileprivate var bytes: Range<Int> {
        positionAfterSkippingLeadingTrivia.utf8Offset..<endPositionBeforeTrailingTrivia.utf8Offset
    }
}
