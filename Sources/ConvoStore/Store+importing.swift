import ConvoJSON
import ConvoModel
import ConvoSQLite

/// The effect of an import on one conversation.
package enum ArchiveChange: Sendable, Hashable {
    /// The conversation was not here, or was deleted here and is back; it has this many entries.
    case new(entries: Int)
    /// The conversation was imported before, and this many entries were added or changed; 0 where only other facts were.
    case updated(entries: Int)
    /// The conversation was imported before, and is as the archive has it, or newer.
    case unchanged
    /// The conversation is here otherwise, and stays as it is, but for the archive's local name or tags, which it lacked.
    case labelled
    /// The conversation is here otherwise: mirrored, or started here. It stays as it is.
    case alreadyHere
    /// The conversation was deleted here, and stays so.
    case deletedHere
}

/// Imports: conversations that are kept here only.
extension Store {
    /// Stores a conversation of an export or of another database, as one that is kept here only.
    ///
    /// Nothing of it is ever sent: it takes no write, and `delete` deletes it here. A conversation that is here is
    /// recognised by its id on the server, or else by the local id that it came with. One that was imported before takes
    /// entries that it lacks; where the archive is newer than what is here (by `updated_at`), changed facts and entries; and
    /// where it is of the same time, what is not known here. So archives may come again, and in any order. No entry is
    /// removed. When the server shows the conversation to this account, it is mirrored from then on.
    ///
    /// A long conversation takes several transactions. If the process is killed between two of them, the entries so far
    /// stay, and another import of the same archive completes them. Call ``finishImport()`` at the end.
    ///
    /// - Parameters:
    ///   - archive: the conversation; each id of its entries must occur once.
    ///   - revivesDeleted: whether a conversation that was deleted here is brought back.
    /// - Returns: the effect.
    /// - Throws: ``StoreError`` if the file cannot be written. Transactions before the failing one stay.
    package func ingest(
        _ archive: ArchivedConversation, revivesDeleted: Bool = false
    ) throws(StoreError) -> ArchiveChange {
        var work = ArchiveImport(archive)
        repeat {
            // The words for the index are found before the transaction that others wait for.
            let batch = work.nextBatch(room: budget.size)
            let isGoingOn = try write { database in
                try takeIn(database, &work, batch, revivesDeleted: revivesDeleted)
            }
            guard isGoingOn else { break }
            budget.note(wasAwaited: isAwaited)
            waitForRoomInLog()
            segmentMergePolicy.add()
            _ = try mergeIndex(hasMoreToCome: true)
        } while !work.isWhole
        return work.change
    }

    /// Makes what was imported survive a power cut, and brings a long log into the file (``finishCheckpoints()``).
    ///
    /// - Throws: ``StoreError`` if the file cannot be written.
    package func finishImport() throws(StoreError) {
        try writeDurably { database in try StoreMetadataKey.set(database, .lastImport, environment.now().text) }
        while try mergeIndex(hasMoreToCome: false) {}
        finishCheckpoints()
    }

    /// Stores the next entries of an archive, and its facts with the first of them.
    ///
    /// - Returns: whether the conversation takes the archive's entries; `false` if it is another kind of conversation, or
    ///   has become one since the last transaction.
    private func takeIn(
        _ database: Database, _ archive: inout ArchiveImport, _ batch: [ArchiveImport.Item], revivesDeleted: Bool
    ) throws -> Bool {
        guard let key = try claim(database, &archive, revivesDeleted: revivesDeleted) else { return false }
        var words = IndexBatch()
        for item in batch where try store(database, item, in: key, by: archive.precedence, &words) {
            archive.changedEntries += 1
        }
        try index(database, words)
        // An older archive says nothing of whether the newer one has come whole.
        if archive.precedence != .older, archive.isWhole || archive.changedEntries > 0 {
            try database.cachedStatement(
                sql: "UPDATE imported_conversation SET is_whole = ?1 WHERE conversation = ?2 AND is_whole <> ?1"
            ).execute(arguments: [archive.isWhole, key])
        }
        return true
    }

    /// Finds or makes the row of an archive's conversation.
    ///
    /// - Returns: the row's key; `nil` if the conversation does not take the archive's entries, for the reason in
    ///   ``ArchiveImport/change``.
    private func claim(
        _ database: Database, _ archive: inout ArchiveImport, revivesDeleted: Bool
    ) throws -> Int64? {
        let facts = archive.conversation.facts
        guard let known = try row(database, of: facts.id, facts.remoteID) else {
            guard archive.key == nil else {  // another process removed it between two transactions
                archive.stoppedBy = .deletedHere
                return nil
            }
            let isFree = try ConversationRow.fetch(database, id: facts.id) == nil
            return try insert(database, &archive, id: isFree ? facts.id.rawValue : environment.makeName())
        }
        if let key = archive.key, key != known.key || known.isHidden {  // it was deleted or mirrored meanwhile
            archive.stoppedBy = known.isHidden ? .deletedHere : .alreadyHere
            return nil
        }
        if known.isHidden {
            guard revivesDeleted else {
                archive.stoppedBy = .deletedHere
                return nil
            }
            try database.execute(
                sql: "UPDATE conversation SET hidden = 0, local_only = 1, history_version = NULL WHERE key = ?",
                arguments: [known.key])
            archive.isNew = true
        } else if try !isImported(database, known.key) {
            archive.stoppedBy = try fillLabels(database, of: known, from: facts) ? .labelled : .alreadyHere
            return nil
        }
        if archive.key == nil { try update(database, known, to: &archive) }
        return known.key
    }

    /// The row of the conversation that has the id on the server, or else the local id that it came with.
    func row(_ database: Database, of id: LocalID, _ remoteID: RemoteID?) throws -> ConversationRow? {
        if let remoteID, let row = try ConversationRow.fetch(database, remoteID: remoteID) { return row }
        let key = try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT conversation FROM imported_conversation WHERE origin_id = ?1
                    UNION ALL SELECT key FROM conversation WHERE id = ?1 LIMIT 1
                    """),
            arguments: [id.rawValue])
        guard let row = try key.map({ try ConversationRow.fetch(database, key: $0) }) else { return nil }
        // Another conversation on the server is another conversation, whatever its local id.
        return row.remoteID == nil || remoteID == nil ? row : nil
    }
}

/// An archive on its way into the store, in pieces of the size of a transaction.
struct ArchiveImport {
    /// An entry of the archive, prepared before the transaction that others wait for.
    struct Item {
        let position: Int
        let archived: ArchivedEntry
        let prepared: PreparedEntry
        /// Whether the server does not store the entry: it has the position of the one before it, and a key behind that.
        let isBeside: Bool
    }

    /// Whether a value of the archive takes the place of another one that is here.
    ///
    /// Two archives of the same time may differ: one was made before a read had shown everything. Neither takes a value from
    /// the other, so that they may come again and again.
    enum Precedence {
        /// The archive is older: it gives no value.
        case older
        /// It is of the same time: it gives what is not known here.
        case same
        /// It is of the same time, and an import has not ended, perhaps its own: it gives the values that it has.
        case unfinished
        /// It is newer: it gives every value, also that there is none.
        case newer

        /// The value to store, of the one that is here and the archive's.
        func value<Value>(_ held: Value?, _ own: Value?) -> Value? {
            switch self {
            case .older: held
            case .same: held ?? own
            case .unfinished: own ?? held
            case .newer: own
            }
        }

        /// Whether the archive replaces values that are here.
        var replaces: Bool { self == .unfinished || self == .newer }
    }

    let conversation: ArchivedConversation
    /// The index of the first entry that no batch has held.
    private var place = 0
    /// How many entries before that the server numbers.
    private var numbered = 0
    /// The key of the conversation's row, once it is known.
    var key: Int64?
    /// Whose values count where what is here differs.
    var precedence = Precedence.newer
    var isNew = false
    var hasNewFacts = false
    var changedEntries = 0
    /// Why the conversation does not take the archive.
    var stoppedBy: ArchiveChange?

    init(_ conversation: ArchivedConversation) { self.conversation = conversation }

    /// Whether every entry was in a batch.
    var isWhole: Bool { place == conversation.entries.count }

    var change: ArchiveChange {
        if let stoppedBy { return stoppedBy }
        if isNew { return .new(entries: changedEntries) }
        return hasNewFacts || changedEntries > 0 ? .updated(entries: changedEntries) : .unchanged
    }

    /// The archive's precedence over a conversation with this `updated_at`; a time that cannot be read is before all others.
    func precedence(over version: String, isWhole: Bool) -> Precedence {
        let (own, held) = (Timestamp(lenient: conversation.facts.updatedAt), Timestamp(lenient: version))
        if own == held { return isWhole ? .same : .unfinished }
        guard let own, let held else { return held == nil ? .newer : .older }
        return own > held ? .newer : .older
    }

    /// The next entries, as many as a transaction takes that may write so many bytes.
    mutating func nextBatch(room: Int) -> [Item] {
        var (batch, room) = ([Item](), room)
        while room > 0, !isWhole {
            let archived = conversation.entries[place]
            // An entry that the server does not store gets the position of the entry before it, as in `Store.addUnstored`.
            let isBeside = archived.isLocalOnly && !conversation.facts.isLocalOnly
            let item = Item(
                position: isBeside ? numbered - 1 : numbered, archived: archived,
                prepared: PreparedEntry(archived.entry), isBeside: isBeside)
            batch.append(item)
            if !isBeside { numbered += 1 }
            room -= item.prepared.weight
            place += 1
        }
        return batch
    }
}
