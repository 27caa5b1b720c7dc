import Mutation
import Testing

/// The mutations of a literal, as `original → mutated`.
private func changes(_ sql: String, _ change: Mutant.Change) -> [String] {
    MutatedSource("func f() { let a = \"\(sql)\" }", file: "F.swift").mutants
        .filter { $0.change == change }.map { "\($0.original) → \($0.mutated)" }
}

private func text(_ sql: String) -> String { MutatedSource("func f() { let a = \"\(sql)\" }", file: "F.swift").text }

@Suite struct `The mutants of SQL` {
    @Test func `drop each condition and keep the statement's parameters`() {
        let sql = #"UPDATE a SET b = ?1 WHERE id = ?2 AND state IN (\(marks)) AND (c < 3 OR d IS NULL)"#
        #expect(
            changes(sql, .sqlConditionDropped) == [
                "id = ?2 → (dropped)", #"state IN (\(marks)) → (dropped)"#, "(c < 3 OR d IS NULL) → (dropped)",
                "c < 3 → (dropped)", "d IS NULL → (dropped)", "b = ?1 → (dropped)",
            ])
        #expect(text(sql).contains("WHERE ((id = ?2) OR 1) AND"))
        #expect(text(sql).contains("(((c < 3) AND 0) OR d IS NULL)"))
        #expect(text(sql).contains("SET b = CASE WHEN 1 THEN b ELSE ?1 END WHERE"))
    }

    @Test(arguments: [
        ("a = ?", "a != ?"), ("a < 3", "a <= 3"), ("a >= 3", "a > 3"), ("a IS NULL", "a IS NOT NULL"),
        ("a IS NOT NULL", "a IS NULL"), ("a NOT IN ('b')", "a IN ('b')"), ("a IN ('b')", "a NOT IN ('b')"),
    ])
    func `shift comparisons`(condition: String, other: String) {
        #expect(changes("SELECT * FROM t WHERE \(condition)", .sqlComparisonShifted) == ["\(condition) → \(other)"])
    }

    @Test func `take the conditions of a part of a statement`() {
        #expect(
            changes("a IS NOT NULL AND b = 0", .sqlConditionDropped) == [
                "a IS NOT NULL → (dropped)", "b = 0 → (dropped)",
            ])
    }

    @Test func `take the assignments of a part of a statement`() {
        #expect(changes("a = NULL, b = ?", .sqlConditionDropped) == ["a = NULL → (dropped)", "b = ? → (dropped)"])
    }

    @Test func `take no conflict clause for a condition`() {
        #expect(changes("INSERT OR IGNORE INTO t (a) VALUES (?)", .sqlConditionDropped).isEmpty)
    }

    @Test func `look into what a statement holds in parentheses`() {
        let sql = "SELECT a FROM t WHERE b = (SELECT c FROM u WHERE d = ? ORDER BY e DESC LIMIT 1) AND f > 2"
        #expect(
            changes(sql, .sqlComparisonShifted) == [
                "b = (SELECT c FROM u WHERE d = ? ORDER BY e DESC LIMIT 1) → b != (SELECT c FROM u WHERE d = ? ORDER BY e DESC LIMIT 1)",
                "d = ? → d != ?", "f > 2 → f >= 2",
            ])
        #expect(changes(sql, .sqlConstantChanged) == ["BY e DESC LIMIT 1 → BY e ASC LIMIT 1", "f > 2 → f > 3"])
    }

    @Test func `make a durable commit one that a power cut may undo`() {
        #expect(
            changes("PRAGMA synchronous = FULL", .sqlConstantChanged) == ["synchronous = FULL → synchronous = NORMAL"])
    }

    @Test(arguments: ["it waits for operation 3, which is not delivered", "busy", "op_", ""])
    func `are not of other texts`(words: String) {
        #expect(MutatedSource("func f() { let a = \"\(words)\" }", file: "F.swift").mutants.isEmpty)
    }
}
