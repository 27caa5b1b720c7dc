import ConvoModel
import ConvoSQLite
import Synchronization

/// Which copy of a database this is.
///
/// A copy, or a backup that is put back, does not know what its original has sent since. So it must not send what it
/// has queued before somebody has looked.
extension Store {
    /// What the database says of itself.
    private struct Instance {
        var name: String
        var location: DatabaseLocation
        /// Sends that were begun.
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

    /// Whether this file is the instance that it says it is. One that says nothing yet has nothing beside it.
    func isOriginal(_ database: Database) throws -> Bool {
        isOriginal(try Instance(database), beside: instanceFile.read())
    }

    private func isOriginal(_ instance: Instance?, beside: InstanceFile.Content?) -> Bool {
        guard let instance else { return beside == nil }
        guard let beside, beside.name == instance.name, instance.sends >= beside.sends else { return false }
        return instance.location.isSame(as: environment.location(path))
    }

    /// In a durable transaction, before a write is accepted, moved or sent: gives a new database its identity; and in a
    /// copy holds every write that its original may have delivered, and makes it an instance of its own.
    ///
    /// The file beside it is written first. What stops between the two leaves a database that does not match it, and
    /// holds its writes: needlessly at worst.
    ///
    /// - Throws: ``StoreError/replaced(path:)`` where this is no longer the file of that name: what lies beside it belongs to
    ///   the one that is there now.
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

    /// In the durable transaction that commits that something is being sent.
    ///
    /// - Returns: what the file beside the database must say before the first byte leaves.
    func countSend(_ database: Database) throws -> InstanceFile.Content {
        guard var instance = try Instance(database) else {
            throw StoreError.corrupt(path: path, detail: "it does not say which instance it is")
        }
        instance.sends += 1
        try instance.save(database)
        return InstanceFile.Content(name: instance.name, sends: instance.sends)
    }

    /// After that transaction, and before the first byte leaves.
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
                UPDATE operation SET state = 'held', next_attempt = NULL, reason_code = ?, reason_message = ?, reason_hint = ?
                WHERE state NOT IN ('delivered', 'cancelled')
                """,
            arguments: [reason.code, reason.message, reason.hint])
    }
}

extension OutboxItem.Reason {
    /// A write that only the original of this database could vouch for.
    public static let copied = Self(
        code: "copied",
        message: "this database is a copy, or was restored: its original may have delivered it",
        hint:
            "`convo outbox retry` looks for it on the server and sends it if it is not there; `convo outbox cancel` drops it."
    )
}
