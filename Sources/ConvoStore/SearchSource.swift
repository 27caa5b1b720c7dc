import ConvoModel
import ConvoSQLite

/// A kind of rows that conditions apply to, with the SQL expressions of the properties that conditions ask for.
struct SearchSource {
    let role: String
    let type: String
    let tool: String
    let model: String
    let agent: String
    /// In microseconds since 1970.
    let created: String
    let isPending: Bool

    /// Entries (alias `e`) of conversations (`c`).
    static let entries = SearchSource(
        role: "IFNULL(e.role, '')", type: "e.type", tool: "IFNULL(e.raw ->> '$.name', '')",
        model: "IFNULL(e.raw ->> '$.model', IFNULL(c.model, ''))",
        agent: "IFNULL(e.raw ->> '$.agent_id', IFNULL(c.agent_id, ''))",
        created: "IFNULL(e.created, c.activity)",
        isPending: false)

    /// Queued writes (alias `e`) of conversations (`c`).
    ///
    /// The store wrote `created_at` itself, with six digits; SQLite would round them.
    static let outbox = SearchSource(
        role: "'user'", type: "'message.input'", tool: "''", model: "IFNULL(c.model, '')",
        agent: "IFNULL(c.agent_id, '')",
        created: "unixepoch(substr(e.created_at, 1, 19)) * 1000000 + CAST(substr(e.created_at, 21, 6) AS INTEGER)",
        isPending: true)

    /// The conversations (alias `c`) themselves; a condition on the time asks for their newest activity.
    static let conversations = SearchSource(
        role: "''", type: "'conversation'", tool: "''", model: "IFNULL(c.model, '')",
        agent: "IFNULL(c.agent_id, '')", created: "c.activity", isPending: false)

    /// The conditions as the continuation of a WHERE clause: each begins with AND.
    func sql(_ conditions: [SearchCondition]) -> (sql: String, arguments: StatementArguments) {
        var sql = ""
        var arguments = StatementArguments()
        for condition in conditions {
            let (test, values) = test(condition.field)
            sql += condition.isExcluded ? " AND NOT (\(test))" : " AND (\(test))"
            arguments += StatementArguments(values)
        }
        return (sql, arguments)
    }

    /// The SQL test of one condition.
    ///
    /// Values match as prefixes: `type:message` finds both kinds of message.
    private func test(_ field: SearchCondition.Field) -> (String, [any DatabaseValueConvertible]) {
        switch field {
        case .role(let value): begins(role, value)
        case .type(let value): begins(type, value)
        case .tool(let value): begins(tool, value)
        case .model(let value): begins(model, value)
        case .agent(let value): begins(agent, value)
        case .conversation(let value):
            (
                """
                c.id LIKE ? ESCAPE '\\' OR c.remote_id LIKE ? ESCAPE '\\' OR IFNULL(c.name, '') LIKE ? ESCAPE '\\'
                    OR IFNULL(c.local_name, '') LIKE ? ESCAPE '\\'
                """,
                [SearchSource.pattern(value), SearchSource.pattern(value)]
                    + Array(repeating: "%" + SearchSource.pattern(value), count: 2)
            )
        case .tag(let folded, let isPrefix):
            (
                """
                c.key IN (SELECT conversation FROM conversation_tag WHERE \(isPrefix ? "folded LIKE ? ESCAPE '\\'" : "folded = ?"))
                """,
                [isPrefix ? SearchSource.pattern(folded) : folded]
            )
        case .pending: (isPending ? "1" : "0", [])
        case .branch: ("c.parent IS NOT NULL", [])
        case .before(let moment): ("\(created) < ?", [moment.microseconds])
        case .after(let moment): ("\(created) >= ?", [moment.microseconds])
        case .within(let period):
            (
                "\(created) >= ? AND \(created) < ?",
                [period.lowerBound.microseconds, period.upperBound.microseconds]
            )
        }
    }

    private func begins(_ column: String, _ value: String) -> (String, [any DatabaseValueConvertible]) {
        ("\(column) LIKE ? ESCAPE '\\'", [SearchSource.pattern(value)])
    }

    /// A LIKE pattern for a prefix.
    ///
    /// SQLite limits a pattern to 50,000 bytes; a query is shorter.
    static func pattern(_ value: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            if scalar == "\\" || scalar == "%" || scalar == "_" { scalars.append("\\") }
            scalars.append(scalar)
        }
        return String(scalars) + "%"
    }
}
