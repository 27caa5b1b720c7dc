import SwiftSyntax

/// Mutants that drop statements, and that end loops after one run.
extension Renderer {
    mutating func renderStatements(_ list: CodeBlockItemListSyntax) -> String {
        var text = ""
        for item in list {
            guard Renderer.canBeDropped(item, from: list) else {
                text += render(item)
                continue
            }
            let id = add(.statementDropped, at: item, from: item.trimmedDescription, to: "(dropped)")
            guard let id else {
                text += render(item)
                continue
            }
            text +=
                item.leadingTrivia.description + "if !mutantIsOn(\(id)) { " + renderTrimmed(item) + " }"
                + item.trailingTrivia.description
        }
        return text + renderEnd(ofLoop: list)
    }

    private mutating func renderEnd(ofLoop list: CodeBlockItemListSyntax) -> String {
        guard let loop = list.parent?.parent, loop.is(ForStmtSyntax.self) || loop.is(WhileStmtSyntax.self),
            let last = list.last, !Renderer.leaves(last), !Renderer.isEndless(loop)
        else { return "" }
        let header = loop.trimmedDescription.prefix { $0 != "{" }
        return add(.loopEnded, at: loop, from: String(header), to: "(ends after one run)")
            .map { "; if mutantIsOn(\($0)) { break }" } ?? ""
    }

    /// Whether only a `return` or a `throw` ends the loop, so that there may be no code after it to go on with.
    private static func isEndless(_ loop: Syntax) -> Bool {
        loop.as(WhileStmtSyntax.self)?.conditions.trimmedDescription == "true"
            && !loop.tokens(viewMode: .sourceAccurate).contains { $0.tokenKind == .keyword(.break) }
    }

    private static func canBeDropped(_ item: CodeBlockItemSyntax, from list: CodeBlockItemListSyntax) -> Bool {
        switch item.item {
        case .expr(let expression): return isWork(expression) && !(list.count == 1 && isValue(list))
        case .stmt(let statement):
            // The statement that leaves a `guard`, a function or a `case` at its end cannot be dropped.
            return leaves(item) && isBranch(list) && !statement.is(FallThroughStmtSyntax.self)
        case .decl: return false
        }
    }

    /// Whether the expression is a call whose value is not used, or an assignment.
    private static func isWork(_ expression: ExprSyntax) -> Bool {
        if let trying = expression.as(TryExprSyntax.self) { return isWork(trying.expression) }
        if let awaiting = expression.as(AwaitExprSyntax.self) { return isWork(awaiting.expression) }
        if let call = expression.as(FunctionCallExprSyntax.self) { return !isInitialisation(call) }
        guard let infix = expression.as(InfixOperatorExprSyntax.self) else { return false }
        if infix.operator.is(AssignmentExprSyntax.self) { return !initialises(infix) }
        guard let symbol = infix.operator.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
        return symbol.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!=="].contains(symbol)
    }

    private static func isInitialisation(_ call: FunctionCallExprSyntax) -> Bool {
        guard let member = call.calledExpression.as(MemberAccessExprSyntax.self) else { return false }
        return member.declName.baseName.text == "init"
    }

    /// Whether the compiler needs the assignment: to a member in an initialiser, or to a variable without a value.
    private static func initialises(_ assignment: InfixOperatorExprSyntax) -> Bool {
        if let name = assignment.leftOperand.as(DeclReferenceExprSyntax.self)?.baseName.text,
            isDeclaredWithoutValue(name, before: assignment)
        {
            return true
        }
        var node = Syntax(assignment)
        while let parent = node.parent, !parent.is(FunctionDeclSyntax.self), !parent.is(ClosureExprSyntax.self) {
            if parent.is(InitializerDeclSyntax.self) {
                let target = assignment.leftOperand.trimmedDescription
                let own = target.hasPrefix("self.") ? String(target.dropFirst(5)) : target
                return !own.contains(".") && !own.contains("[") && own != "_"
            }
            node = parent
        }
        return false
    }

    private static func isDeclaredWithoutValue(_ name: String, before assignment: InfixOperatorExprSyntax) -> Bool {
        var node = Syntax(assignment)
        while let parent = node.parent {
            if let list = parent.as(CodeBlockItemListSyntax.self) {
                let bindings = list.compactMap { $0.item.as(VariableDeclSyntax.self) }.flatMap(\.bindings)
                let own = bindings.first { $0.pattern.trimmedDescription == name }
                if let own {
                    return own.initializer == nil && own.typeAnnotation?.type.is(OptionalTypeSyntax.self) != true
                }
            }
            node = parent
        }
        return false
    }

    static func leaves(_ item: CodeBlockItemSyntax) -> Bool {
        guard case .stmt(let statement) = item.item else { return false }
        return statement.is(ReturnStmtSyntax.self) || statement.is(ThrowStmtSyntax.self)
            || statement.is(BreakStmtSyntax.self) || statement.is(ContinueStmtSyntax.self)
    }

    /// Whether the list is the body of an `if` without `else`, so that the code after it can be reached without it.
    private static func isBranch(_ list: CodeBlockItemListSyntax) -> Bool {
        guard let branch = list.parent?.parent?.as(IfExprSyntax.self) else { return false }
        return branch.elseBody == nil
    }

    /// Whether the list's only statement may be the value of the body, closure or accessor that contains it.
    private static func isValue(_ list: CodeBlockItemListSyntax) -> Bool {
        guard let holder = list.parent else { return false }
        if holder.is(ClosureExprSyntax.self) { return true }
        if let accessors = holder.as(AccessorBlockSyntax.self) {
            return accessors.accessors.is(CodeBlockItemListSyntax.self)
        }
        if let switchCase = holder.as(SwitchCaseSyntax.self) {
            return switchCase.parent?.parent.map { isValue(ofBranching: $0) } ?? true
        }
        guard holder.is(CodeBlockSyntax.self), let owner = holder.parent else { return false }
        if let function = owner.as(FunctionDeclSyntax.self) { return function.signature.returnClause != nil }
        if let accessor = owner.as(AccessorDeclSyntax.self) { return accessor.accessorSpecifier.text == "get" }
        return owner.is(IfExprSyntax.self) && isValue(ofBranching: owner)
    }

    private static func isValue(ofBranching branching: Syntax) -> Bool {
        guard let parent = branching.parent else { return true }
        if parent.is(IfExprSyntax.self) { return isValue(ofBranching: parent) }
        guard let statement = parent.as(ExpressionStmtSyntax.self),
            let list = statement.parent?.parent?.as(CodeBlockItemListSyntax.self)
        else { return true }
        return list.count == 1 && isValue(list)
    }
}
