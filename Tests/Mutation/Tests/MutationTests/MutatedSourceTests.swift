import Mutation
import SwiftParser
import SwiftSyntax
import Testing

/// The mutants of a function's body, as `original → mutated`, by their kind of change.
private func changes(in body: String) -> [Mutant.Change: [String]] {
    let source = MutatedSource("func f() {\n\(body)\n}\n", file: "F.swift")
    return Dictionary(grouping: source.mutants, by: \.change)
        .mapValues { $0.map { "\($0.original) → \($0.mutated)" } }
}

private func text(_ source: String) -> String { MutatedSource(source, file: "F.swift").text }

@Suite struct `The mutants of a source` {
    @Test(arguments: ["if a { b = c }", "guard a else { b = c }", "while a { b = c }", "let b = a ? c : d"])
    func `have each condition negated`(body: String) {
        #expect(changes(in: body)[.conditionNegated] == ["a → !(a)"])
    }

    @Test func `have each of several conditions and each where negated, and each not taken away`() {
        let body = """
            if let a, b, !c {}
            for d in e where f {}
            switch g { case .h where i: break; default: break }
            """
        #expect(changes(in: body)[.conditionNegated] == ["b → !(b)", "!c → c", "f → !(f)", "i → !(i)"])
    }

    @Test(arguments: [("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("==", "!="), ("!=", "==")])
    func `have comparisons shifted`(symbol: String, other: String) {
        let found = changes(in: "let a = b \(symbol) c")
        #expect(found == [.comparisonShifted: ["b \(symbol) c → b \(other) c"]])
    }

    @Test func `have and and or swapped`() {
        #expect(changes(in: "let a = b && c || d")[.logicSwapped] == ["b && c || d → b && c && d", "b && c → b || c"])
    }

    @Test func `have one mutant, not two, for a comparison that is a condition`() {
        #expect(changes(in: "if a == b {}") == [.comparisonShifted: ["a == b → a != b"]])
    }

    @Test(arguments: ["a()", "try a()", "try await b.a()", "_ = a()", "a = b", "a += b", "a[0] = b", "a { b }"])
    func `have statements dropped`(statement: String) {
        let found = changes(in: "c()\n\(statement)")[.statementDropped]
        #expect(found == ["c() → (dropped)", "\(statement) → (dropped)"])
    }

    @Test(arguments: ["return b", "throw b", "continue", "break"])
    func `have what leaves a branch dropped`(statement: String) {
        #expect(changes(in: "while c { if let a { \(statement) } }")[.statementDropped] == ["\(statement) → (dropped)"])
    }

    @Test(arguments: [
        "guard let a else { return b }", "let a = b()", "let a: Int; a = 1",
        "let a: Int; if b { a = 1 } else { a = 2 }", "return b()",
        "let a = switch b { case .c: .d(); default: e() }",
    ])
    func `keep statements that the compiler needs`(body: String) {
        #expect(changes(in: body)[.statementDropped] == nil)
    }

    @Test func `keep a statement that is the value of its function, branch or closure`() {
        let source = """
            func f() -> Int { a() }
            var g: Int { a() }
            func h() -> Int { if let b { a() } else { c() } }
            func i() { d.map { a() } }
            """
        let dropped = MutatedSource(source, file: "F.swift").mutants.filter { $0.change == .statementDropped }
        #expect(dropped.map(\.original) == ["d.map { a() }"])
    }

    @Test(arguments: ["for a in b { c() }", "while let a = b() { c() }"])
    func `have loops that end after one run`(body: String) {
        #expect(changes(in: body)[.loopEnded]?.count == 1)
    }

    @Test func `let a loop without an end be one`() {
        let found = changes(in: "while true { c(); if a { return } }")
        #expect(found[.loopEnded] == nil)
        #expect(found[.constantChanged] == nil)
    }

    @Test func `have constants changed`() {
        let found = changes(in: "let a = 0; let b = 1; let c = 200; let d = true; let e = Duration.seconds(30)")
        #expect(
            found[.constantChanged] == [
                "let a = 0 → let a = 1", "let b = 1 → let b = 0", "let b = 1 → let b = 2", "let c = 200 → let c = 0",
                "let c = 200 → let c = 2000", "true → false",
                "let e = Duration.seconds(30) → let e = Duration.seconds(0)",
                "let e = Duration.seconds(30) → let e = Duration.seconds(300)",
            ])
    }

    @Test func `change a number with its sign`() {
        #expect(
            changes(in: "let a = -1") == [.constantChanged: ["let a = -1 → let a = -0", "let a = -1 → let a = -2"]])
        #expect(text("func f() { a = -1 }").contains("a = (mutantIsOn(2) ? -0 : mutantIsOn(3) ? -2 : -1)"))
    }

    @Test func `are of what runs only`() {
        let source = """
            @available(macOS 15, *)
            enum A: Int { case b = 1, c = 2 }
            func f(a: Array<[Int]>) { switch a { case 5: let b: (x: Int, y: Int); default: let c = d.0 } }
            @ABuilder var body: Int { if a < b { c() } }
            """
        #expect(MutatedSource(source, file: "F.swift").mutants.isEmpty)
        #expect(text(source) == source)
    }

    @Test func `are of what properties and parameters start with`() {
        #expect(MutatedSource("struct A { static let b = 4 }", file: "F.swift").mutants.count == 2)
        #expect(MutatedSource("func f(a: Int = 4) {}", file: "F.swift").mutants.count == 2)
    }

    @Test func `say their line, and which of several equal ones they are`() {
        let mutants = MutatedSource("func f() {\n  a()\n  a()\n}", file: "F.swift").mutants
        #expect(mutants.map(\.line) == [2, 3])
        #expect(mutants.map(\.occurrence) == [0, 1])
        #expect(Set(mutants.map(\.key)).count == 2)
    }
}

@Suite struct `A mutated source` {
    @Test func `has a switch for each mutant, around the original`() {
        #expect(
            text("func f() { if a < b { c() } }")
                == "public import MutationSwitch; func f() { if mutantFlips(1, (mutantIsOn(2) ? a <= b : a < b)) "
                + "{ if !mutantIsOn(3) { c() } } }")
    }

    @Test func `leaves out what it is told to, and gives the others the same ids`() {
        let source = "func f() { a(); b() }"
        let mutated = MutatedSource(source, file: "F.swift", firstID: 7, leavingOut: [7])
        #expect(mutated.mutants.map(\.id) == [8])
        #expect(mutated.text == "public import MutationSwitch; func f() { a(); if !mutantIsOn(8) { b() } }")
        #expect(mutated.nextID == 9)
    }

    @Test func `is still Swift, with every operator at once`() {
        let source = #"""
            struct A {
                static let limit = Duration.seconds(30), text = """
                    SELECT * FROM a WHERE b = ? AND c > 3
                        ORDER BY d DESC
                    """
                func f(_ a: Int, flag: Bool = true) async throws(E) -> Int {
                    defer { count += 1 }  // counted
                    guard a < 3 || !flag, let b = try? await g(), case .c(let d) = b, d != -1 else { return 0 }
                    loop: for e in 0..<10 where e.isOdd && flag {
                        if e > 4 { continue loop }
                        try await h(e) { $0 == e ? 1 : 2 }
                    }
                    switch a {
                    case 1 where flag: try store.run("UPDATE a SET b = NULL, c = ? WHERE \(d) AND e IS NULL")
                    default: self.count = 5
                    }
                    return if flag { a } else { a + 1 }
                }
            }
            """#
        let mutated = MutatedSource(source, file: "F.swift")
        #expect(Set(mutated.mutants.map(\.change)) == Set(Mutant.Change.allCases))
        #expect(!Parser.parse(source: mutated.text).hasError)
        for mutant in mutated.mutants { #expect(mutated.text.contains("(\(mutant.id)")) }
    }
}
