import ConvoJSON
import ConvoModel
import ConvoSQLite
import Synchronization

/// The identity of a database file among its copies.
///
/// A copy, or a restored backup, does not know what its original has sent since. So the store holds the writes that are
/// queued in a copy until a person decides.
extension Store {
    /// The identity that the database holds of itself.
    private struct Instance {
        var name: String
        var location: DatabaseLocation
        /// How many sends were begun.
        var sends: Int64

        init(name: String, location: DatabaseLocation, sends: Int64) {
            (self.name, self.location, self.sends) = (name, location, sends)
        }

        init?(_ database: Database) throws {
            guard let text = try StoreMetadataKey.text(database, .instance) else { return nil }
            let json = JSONText.stored(text)
            guard let name = json["name"]?.string, let sends = json["sends"]?.int
            else { return nil }
            self.init(name: name, location: DatabaseLocation(json: json["location"] ?? .null), sends: Int64(sends))
        }

        func save(_ database: Database) throws {
            let json = JSONText.object([
                "name": .string(name), "sends": .int(Int(sends)), "location": location.json,
            ])
            try StoreMetadataKey.set(database, .instance, json.text)
        }
    }

    private var instanceFile: InstanceFile { InstanceFile(database: path) }

    /// Whether this file is the instance that it claims to be; a new database claims nothing, and has no instance file.
    func isOriginal(_ database: Database) throws -> Bool {
        isOriginal(try Instance(database), beside: instanceFile.read())
    }

    private func isOriginal(_ instance: Instance?, beside: InstanceFile.Content?) -> Bool {
        guard let instance else { return beside == nil }
        guard let beside, beside.name == instance.name, instance.sends >= beside.sends else { return false }
        return instance.location.isSame(as: environment.location(path))
    }

    /// Gives a new database its identity; in a copy, holds every write that the original may have delivered, and makes
    /// the copy an instance of its own.
    ///
    /// Call it in a durable transaction before a write is accepted, retried or sent. It writes the instance file first:
    /// a process that stops before the commit leaves a database that does not match the file, and whose writes are
    /// held, at worst without need.
    ///
    /// - Parameter database: the connection that is in the transaction.
    /// - Throws: ``StoreError/replaced(path:)`` if another file has the database's name now: the instance file belongs
    ///   to that one.
    func claimInstance(_ database: Database) throws {
        guard !isReplaced else { throw StoreError.replaced(path: path) }
        let (known, beside) = (try Instance(database), instanceFile.read())
        let isOriginal = isOriginal(known, beside: beside)
        guard known == nil || !isOriginal else { return }
        let instance = Instance(name: environment.makeName(), location: environment.location(path), sends: 0)
        try instanceFile.write(InstanceFile.Content(name: instance.name, sends: instance.sends))
        try instance.save(database)
        if !isOriginal { try holdCopiedWrites(database) }
    }

    /// Counts a send, in the durable transaction that commits ``OperationState/sending``.
    ///
    /// - Parameter database: the connection that is in the transaction.
    /// - Returns: the content that the instance file must have before the first byte is sent.
    /// - Throws: ``StoreError/corrupt(path:detail:)`` if the database has no identity.
    func countSend(_ database: Database) throws -> InstanceFile.Content {
        guard var instance = try Instance(database) else {
            throw StoreError.corrupt(path: path, detail: "it does not say which instance it is")
        }
        instance.sends += 1
        try instance.save(database)
        return InstanceFile.Content(name: instance.name, sends: instance.sends)
    }

    /// Writes a counted send to the instance file, after the transaction and before the first byte is sent.
    func confirmSend(_ content: InstanceFile.Content) throws(StoreError) {
        // Another send may have been counted, and confirmed, meanwhile: the file never goes back.
        try confirming.withLock { _ throws(StoreError) in
            if let present = instanceFile.read(), present.name == content.name, present.sends >= content.sends {
                return
            }
            try instanceFile.write(content)
        }
    }

    private func holdCopiedWrites(_ database: Database) throws {
        let reason = OutboxItem.Reason.copied
        try database.execute(
            sql: """
                UPDATE operation SET state = 'held', next_attempt = NULL, reason_code = ?, reason_message = ?
                WHERE state NOT IN ('delivered', 'cancelled')
                """,
            arguments: [reason.code, reason.message])
    }
}

extension OutboxItem.Reason {
    /// The reason of a write in a copy of a database, whose original may have delivered the write.
    package static let copied = Self(
        code: "copied",
        message: "this database is a copy, or was restored: its original may have delivered it")
}
