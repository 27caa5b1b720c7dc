package import ConvoModel
import ConvoSQLite

/// A write that a program has asked the local endpoint for.
package enum RequestedWrite: Sendable, Hashable {
    /// Begins a conversation.
    case start(StartRequest)
    /// Appends to a conversation.
    case append(AppendRequest, to: LocalID)
    /// Makes a branch of a conversation.
    case restart(RestartRequest, of: LocalID)
    /// Deletes a conversation on the server. Our copy stays, and is marked as deleted there.
    case delete(LocalID)
}

/// What became of a program's request when the store took it.
package enum AcceptedRequest: Sendable, Hashable {
    /// Nothing: its client has given the same name to another request before.
    case misnamed
    /// It made this write, which is durable.
    case queued(QueuedWrite)
    /// The same request had made this write before, and nobody has had its whole answer yet.
    case joined(OperationID)
}

/// The requests of programs to the local endpoint, and the writes that they have made.
///
/// A program that gets no answer sends its request again. The store therefore keeps which write a request has made, in the
/// transaction that accepts the write, until a client has had the whole answer.
extension Store {
    /// How long the same request joins a delivered write whose answer nobody has had, from the last such request on.
    ///
    /// A client that still tries does so within a minute or two: the official SDKs wait at most one between two attempts. An
    /// equal message that comes later is meant anew.
    package static let unansweredRequestLimit = Duration.seconds(600)
    /// How long a request that its client has named (`Idempotency-Key`) joins the write, answered or not: a day.
    package static let namedRequestLimit = Duration.seconds(86_400)

    /// Accepts a write, unless the same request has made it already; durable.
    ///
    /// The server checks what a person's write is checked for here: whether all calls have results, and whether a branch begins
    /// at an entry of the conversation.
    ///
    /// - Parameters:
    ///   - write: the write.
    ///   - identity: what makes two requests the same; the store keeps its digest.
    ///   - content: what two requests of one name must have in common; the store keeps its digest.
    ///   - isNamed: whether the client has named the request, so that it joins the write even after an answer.
    ///   - id: the id of the write if this request makes it, from ``makeOperationID()``.
    /// - Returns: the write that this request or an earlier one has made.
    /// - Throws: ``StoreError/invalidRequest(_:)`` or ``StoreError/requestTooLarge(bytes:limit:)`` for what the outbox cannot
    ///   hold; ``StoreError/noSuchConversation(_:)``, ``StoreError/deletedRemotely(_:)``, ``StoreError/localOnly(_:)`` or
    ///   ``StoreError/accountBefore(_:)`` if the conversation cannot be continued; another ``StoreError`` if the file cannot be
    ///   written. Nothing is queued then.
    package func accept(
        _ write: RequestedWrite, identity: String, content: String, isNamed: Bool, as id: OperationID
    ) throws(StoreError) -> AcceptedRequest {
        try Store.check(write)
        let (digest, said) = (SHA256.hex(identity), SHA256.hex(content))
        let accepted = try writeDurably { database in
            try claimInstance(database)
            try forgetOldRequests(database)
            if let earlier = try writeMade(database, by: digest) {
                let isSame = try database.isTrue(
                    sql: "SELECT content = ? FROM request WHERE identity = ?", arguments: [said, digest])
                if isSame {
                    // A client that keeps asking is not forgotten.
                    try database.execute(
                        sql: """
                            UPDATE request SET is_wanted = 1, settled = iif(settled IS NULL, NULL, ?),
                                settled_uptime = ?, settled_boot = ?
                            WHERE identity = ?
                            """, arguments: StatementArguments(present() + [digest]))
                }
                return isSame ? AcceptedRequest.joined(earlier) : .misnamed
            }
            let queued = try queue(database, write, as: id)
            try database.execute(
                sql: """
                    INSERT INTO request (identity, content, operation, is_named)
                    SELECT ?, ?, sequence, ? FROM operation WHERE id = ?
                    """,
                arguments: [digest, said, isNamed, id.rawValue])
            return .queued(queued)
        }
        if case .queued = accepted { notifyListener() }
        return accepted
    }

    /// The write that an equal request has made and that it would join; `nil` if there is none.
    package func earlierWrite(of identity: String) throws(StoreError) -> OperationID? {
        let digest = SHA256.hex(identity)
        return try read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT o.id FROM request r JOIN operation o ON o.sequence = r.operation
                    WHERE r.identity = ? AND o.state <> 'cancelled'
                    """,
                arguments: [digest])
        }.map { OperationID($0) }
    }

    /// A write by its whole id; `nil` if there is none.
    package func operation(_ id: OperationID) throws(StoreError) -> OutboxItem? {
        try read { database in try OutboxItem.fetchOne(database, id) }
    }

    /// Notes that a client has had the whole answer to a write: an equal request is a new write from now on, unless its client
    /// has named it.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``StoreError`` if the file cannot be written.
    package func noteAnswered(_ id: OperationID) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: """
                    DELETE FROM request WHERE is_named = 0 AND operation = (SELECT sequence FROM operation WHERE id = ?)
                    """,
                arguments: [id.rawValue])
        }
    }

    /// Notes that the client of a write in doubt was told that it failed: if it did not arrive, it is not sent again, unless the
    /// same request comes once more.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``StoreError`` if the file cannot be written.
    package func noteUnwanted(_ id: OperationID) throws(StoreError) {
        try writeDurably { database in
            try database.execute(
                sql: "UPDATE request SET is_wanted = 0 WHERE operation = (SELECT sequence FROM operation WHERE id = ?)",
                arguments: [id.rawValue])
        }
    }

    /// Whether a write that has not arrived is not to be sent again.
    func isUnwanted(_ database: Database, _ id: OperationID) throws -> Bool {
        try database.isTrue(
            sql: """
                SELECT EXISTS (SELECT 1 FROM request r JOIN operation o ON o.sequence = r.operation
                    WHERE o.id = ? AND r.is_wanted = 0)
                """, arguments: [id.rawValue])
    }

    /// Takes a write back whose client is told that it failed; durable.
    ///
    /// A start or restart for whose conversation other writes wait stays in the outbox as it is: the store has acknowledged
    /// them. The same request joins it.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, in doubt, delivered or cancelled. Nothing is changed then.
    package func takeBack(_ id: OperationID) throws(StoreError) {
        let isTakenBack = try writeDurably { database in
            let item = try require(database, id)
            try requireCancellable(item)
            let makesConversation = item.kind.makesConversation
            if makesConversation, try !dependents(database, of: item).isEmpty { return false }
            _ = try cancel(database, with: item)
            return true
        }
        if isTakenBack { notifyListener() }
    }

    /// Gives up a write whose outcome is in doubt, because the server has told its client itself that the run failed; durable.
    ///
    /// The writes behind it may go. A conversation that the write would have made, and that no read has shown, is removed: if it
    /// is on the server after all, a pull brings it as any other.
    ///
    /// - Parameters:
    ///   - id: the write. One that is not in doubt stays as it is, and so does one that makes a conversation for which other
    ///     writes wait.
    ///   - attempts: how often the write was sent when that was decided. One that was sent again since stays as it is.
    /// - Returns: whether it was given up.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func abandon(_ id: OperationID, attempts: Int) throws(StoreError) -> Bool {
        let isAbandoned = try writeDurably { database in
            try OutboxItem.fetchOne(database, id)?.attempts == attempts && abandon(database, id)
        }
        if isAbandoned { notifyListener() }
        return isAbandoned
    }

    func abandon(_ database: Database, _ id: OperationID) throws -> Bool {
        guard let item = try OutboxItem.fetchOne(database, id), item.state == .inDoubt else { return false }
        let isMaker = item.kind.makesConversation && item.remoteID == nil
        // Others wait for the conversation that it makes.
        if isMaker, try !dependents(database, of: item).isEmpty { return false }
        _ = try move(
            database, id, from: [.inDoubt], to: .cancelled, reason: item.reason, set: "next_attempt = NULL", [])
        try unindex(database, operation: item.sequence, request: item.request)
        let isAlone = try !database.isTrue(
            sql: """
                SELECT EXISTS (SELECT 1 FROM operation o JOIN conversation c ON c.key = o.conversation
                    WHERE c.id = ? AND o.id <> ?)
                """,
            arguments: [item.conversation.rawValue, id.rawValue])
        if isMaker, let made = try ConversationRow.fetch(database, id: item.conversation) {
            guard isAlone else {
                // A cancelled write is shown with its conversation; nothing can be appended to one that nobody makes.
                try withdraw(database, made)
                return true
            }
            try unindex(database, conversation: made.key, made.names)
            try database.execute(sql: "DELETE FROM conversation WHERE key = ?", arguments: [made.key])
        }
        return true
    }

    /// Starts the time after which an unanswered request is forgotten.
    func noteRequestSettled(_ database: Database, _ id: OperationID) throws {
        try database.cachedStatement(
            sql: """
                UPDATE request SET settled = ?, settled_uptime = ?, settled_boot = ?
                WHERE operation = (SELECT sequence FROM operation WHERE id = ?)
                """
        ).execute(arguments: StatementArguments(present() + [id.rawValue]))
    }

    private static func check(_ write: RequestedWrite) throws(StoreError) {
        switch write {
        case .start(let request):
            guard (request.model == nil) != (request.agentID == nil) else {
                throw .invalidRequest("a conversation needs either a model or an agent")
            }
            try checkInputs(request.json)
        case .append(let request, _):
            guard request.toolConfirmations != nil, request.json["inputs"] == nil else {
                return try checkInputs(request.json)
            }
            try checkSize(request.json)
        case .restart(let request, _): try checkInputs(request.json)
        case .delete: break
        }
    }

    private func queue(_ database: Database, _ write: RequestedWrite, as id: OperationID) throws -> QueuedWrite {
        switch write {
        case .start(let request): try start(database, request, as: id)
        case .append(let request, let conversation): try append(database, request, to: conversation, as: id)
        case .restart(let request, let conversation): try restart(database, request, of: conversation, as: id)
        case .delete(let conversation): try deleteRemotely(database, conversation, as: id)
        }
    }

    /// The write that the same request has made; `nil` if none did, or the write was taken back.
    private func writeMade(_ database: Database, by digest: String) throws -> OperationID? {
        let earlier = try Row.fetchOne(
            database,
            sql:
                "SELECT o.id, o.state FROM request r JOIN operation o ON o.sequence = r.operation WHERE r.identity = ?",
            arguments: [digest])
        guard let earlier else { return nil }
        if (earlier["state"] as String) != OperationState.cancelled.rawValue { return OperationID(earlier["id"]) }
        try database.execute(sql: "DELETE FROM request WHERE identity = ?", arguments: [digest])
        return nil
    }

    /// Removes the requests whose time is over. Setting the clock makes it no shorter; what was settled before the machine was
    /// started has waited no longer than since that start.
    private func forgetOldRequests(_ database: Database) throws {
        let (now, uptime) = (environment.now().microseconds, environment.uptime())
        for (isNamed, limit) in [(false, Store.unansweredRequestLimit), (true, Store.namedRequestLimit)] {
            let latest = Timestamp(microseconds: 0) + limit
            try database.execute(
                sql: """
                    DELETE FROM request WHERE settled IS NOT NULL AND is_named = ?
                        AND iif(settled_boot = ?, ? - settled_uptime, min(?, ? - settled)) > ?
                    """,
                arguments: [isNamed, uptime.boot, uptime.microseconds, uptime.microseconds, now, latest.microseconds])
        }
    }
}
