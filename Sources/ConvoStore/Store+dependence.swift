import ConvoModel
import ConvoSQLite

/// Which writes wait for another one that was refused or held.
extension Store {
    /// Holds the queued writes behind one that was refused or held.
    func holdDependents(_ database: Database, of id: OperationID) throws {
        let item = try require(database, id)
        let reason = Dependence.reason(on: id)
        for dependent in try dependents(database, of: item) where dependent.state == .queued {
            _ = try move(
                database, dependent.id, from: [.queued], to: .held, reason: reason, set: "next_attempt = NULL", [])
        }
        try holdUnfindable(database, behind: item, reason: reason)
    }

    /// Holds the writes behind another one that are in doubt, and whose conversation is not known: another copy may have sent
    /// them, and the engine cannot look for them.
    func holdUnfindable(_ database: Database, behind item: OutboxItem, reason: OutboxItem.Reason) throws {
        for dependent in try dependents(database, of: item)
        where dependent.state == .inDoubt && dependent.remoteID == nil {
            _ = try move(
                database, dependent.id, from: [.inDoubt], to: .held, reason: dependent.reason ?? reason,
                set: "next_attempt = NULL", [])
        }
    }

    /// Queues the writes that were held only because of an operation, in each conversation up to the next write that is
    /// refused or held for a reason of its own.
    ///
    /// Queues none while another write before the operation is refused or held: that one holds them, too.
    func releaseDependents(_ database: Database, of item: OutboxItem) throws {
        guard try blocker(database, of: item) == nil else { return }
        var blocked: Set<LocalID> = []
        for dependent in try dependents(database, of: item)
        where dependent.state == .held || dependent.state == .refused {
            if dependent.reason?.code != Dependence.code { blocked.insert(dependent.conversation) }
            guard !blocked.contains(dependent.conversation) else { continue }
            _ = try move(
                database, dependent.id, from: [.held], to: .queued, reason: nil, set: "next_attempt = NULL", [])
        }
    }

    /// The first refused or held write before this one, in its conversation or, while that is not on the server, in those that
    /// it is a branch of.
    func blocker(_ database: Database, of item: OutboxItem) throws -> OperationID? {
        try String.fetchOne(
            database,
            sql: """
                WITH RECURSIVE above (key) AS (
                    SELECT key FROM conversation WHERE id = ?
                    UNION SELECT p.key FROM above a JOIN conversation c ON c.key = a.key JOIN conversation p ON p.key = c.parent
                    WHERE p.remote_id IS NULL
                ) SELECT o.id FROM above JOIN operation o ON o.conversation = above.key
                WHERE o.sequence < ? AND o.state IN ('refused', 'held') ORDER BY o.sequence LIMIT 1
                """,
            arguments: [item.conversation.rawValue, item.sequence]
        ).map { OperationID($0) }
    }

    /// The open writes behind an operation in its conversation and, while that conversation is not on the server, in
    /// the branches that will be made from it, in the order of acceptance.
    func dependents(_ database: Database, of item: OutboxItem) throws -> [OutboxItem] {
        try OutboxItem.fetchAll(
            database,
            sql: """
                WITH RECURSIVE family (key) AS (
                    SELECT key FROM conversation WHERE id = ?
                    UNION SELECT c.key FROM conversation c JOIN family f ON c.parent = f.key
                    WHERE (SELECT remote_id FROM conversation WHERE key = f.key) IS NULL
                ) \(OutboxItem.selection) JOIN family ON family.key = o.conversation
                WHERE o.sequence > ? AND o.state NOT IN ('delivered', 'cancelled') ORDER BY o.sequence
                """,
            arguments: [item.conversation.rawValue, item.sequence])
    }
}

/// The reason of an operation that is held because one before it is not delivered.
enum Dependence {
    static let code = "dependency"
    static func reason(on blocker: OperationID) -> OutboxItem.Reason {
        OutboxItem.Reason(code: code, message: message(on: blocker))
    }
    static func message(on blocker: OperationID) -> String { "waits for operation \(blocker), which is not delivered" }
}
