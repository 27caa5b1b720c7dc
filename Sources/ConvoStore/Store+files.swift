public import ConvoModel
import ConvoSQLite

/// The files that entries refer to: which there are, and what is known of each.
extension Store {
    /// Notes the files of an entry that was added or has changed. What is known of files that it still has stays.
    static func note(_ database: Database, files: [FileReference], of entry: Int64) throws {
        var sources: [String] = []
        for (place, file) in files.enumerated() {
            let id: String? = if case .id(let id) = file.source { id } else { nil }
            let source = digest(of: file.source)
            sources.append(source)
            try database.cachedStatement(
                sql: """
                    INSERT INTO file (entry, source, place, file_id, name, declared_type) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET place = excluded.place, name = excluded.name,
                        declared_type = excluded.declared_type
                    """
            ).execute(arguments: [entry, source, place, id, file.name, file.type])
        }
        let others = try Row.fetchAll(database, sql: "SELECT key, source FROM file WHERE entry = ?", arguments: [entry])
        for other in others where !sources.contains(other["source"]) {
            try database.execute(sql: "DELETE FROM file WHERE key = ?", arguments: [other["key"] as Int64])
        }
    }

    private static func digest(of source: FileReference.Source) -> String {
        let text =
            switch source {
            case .id(let id): "id " + id
            case .link(let link): "link " + link
            }
        return SHA256.hex(text)
    }

    /// The files that are to be fetched now, those behind links first, since these expire; oldest first.
    ///
    /// - Parameters:
    ///   - limit: how many to return at most.
    ///   - now: the current time.
    /// - Returns: the files.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func dueFiles(limit: Int, now: Timestamp) throws(StoreError) -> [DueFile] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT f.key, f.source, f.file_id, f.attempts, f.any_host, e.type, iif(f.file_id IS NULL, e.raw, '') AS raw
                    FROM file f JOIN entry e ON e.key = f.entry JOIN conversation c ON c.key = e.conversation
                    WHERE f.state = 'pending' AND \(Store.nextFileAttempt) <= ?1 AND c.other_account = 0
                    ORDER BY f.file_id IS NOT NULL, f.key LIMIT ?3
                    """,
                arguments: [now.microseconds, Store.longestFileWait, limit])
            return rows.compactMap { row in
                let id: String? = row["file_id"]
                let wanted: String = row["source"]
                let source =
                    id.map { .id($0) }
                    ?? Entry(raw: row.json("raw")).files.map(\.source).first { Store.digest(of: $0) == wanted }
                return source.map { source in
                    DueFile(
                        key: row["key"], source: source, attempts: row["attempts"],
                        isMadeByTool: EntryType(row["type"]) == .toolExecution, allowsAnyHost: row["any_host"])
                }
            }
        }
    }

    /// How far ahead an attempt may be, in microseconds: one that is later was noted before the clock was set back.
    private static let longestFileWait: Int64 = 86_400_000_000
    /// When `file f` is to be fetched; ?1 is the present moment, ?2 the longest wait.
    private static let nextFileAttempt = "iif(f.next_attempt > ?1 + ?2, 0, IFNULL(f.next_attempt, 0))"

    /// When the next file is to be fetched; `nil` if none waits.
    ///
    /// - Parameter now: the current time.
    /// - Returns: the moment; one that is past means now.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func nextFileAttempt(now: Timestamp) throws(StoreError) -> Timestamp? {
        try read { database in
            try Int64.fetchOne(
                database, sql: "SELECT MIN(\(Store.nextFileAttempt)) FROM file f WHERE f.state = 'pending'",
                arguments: [now.microseconds, Store.longestFileWait]
            )
            .map { Timestamp(microseconds: $0) }
        }
    }

    /// Notes that a file is not fetched again; one that was stored since stays as it is.
    ///
    /// - Parameters:
    ///   - key: the file's number.
    ///   - state: `tooLarge`, `gone` or `refused`.
    ///   - reason: why, as a code.
    /// - Throws: ``StoreError`` if the file cannot be written.
    package func markUnavailable(file key: Int64, as state: FileState, reason: String) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE file SET state = ?, reason = ?, attempts = attempts + 1, next_attempt = NULL
                    WHERE key = ? AND state = 'pending'
                    """,
                arguments: [state.rawValue, reason, key])
        }
        if let label = try fileLabel(key) { fileFolder.forget(label) }
    }

    /// Notes that an attempt failed, and when to try again; a file that was stored since stays as it is.
    ///
    /// - Parameters:
    ///   - key: the file's number.
    ///   - moment: when the next attempt is due.
    ///   - reason: why it failed, as a code.
    /// - Throws: ``StoreError`` if the file cannot be written.
    package func delay(file key: Int64, until moment: Timestamp, reason: String) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE file SET attempts = attempts + 1, next_attempt = ?, reason = ? WHERE key = ? AND state = 'pending'
                    """,
                arguments: [moment.microseconds, reason, key])
        }
    }

    /// Has a file fetched again because a person asks for it, whatever became of it and wherever its link leads; one whose
    /// bytes are here stays as it is.
    ///
    /// - Parameter key: the file's number.
    /// - Throws: ``StoreError/noSuchFile(_:)``, or another ``StoreError`` if the file cannot be written.
    public func retry(file key: Int64) throws(StoreError) {
        if let path = try file(key).path, FileFolder.isReadable(path) { return }
        try write { database in
            try database.execute(
                sql: """
                    UPDATE file SET state = 'pending', reason = NULL, attempts = 0, next_attempt = NULL, any_host = 1,
                        size = NULL, media_type = NULL, sha256 = NULL, stored_at = NULL WHERE key = ?
                    """, arguments: [key])
        }
    }

    /// The files of one conversation, or of all, in the order of their entries.
    ///
    /// A tool that makes a file gives a link to it, and its answer names the same file: such a link is left out once both are
    /// stored.
    ///
    /// - Parameters:
    ///   - id: the conversation; `nil` for all.
    ///   - limit: how many to return at most, newest entries first; `nil` for all.
    /// - Returns: the files.
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func files(of id: LocalID? = nil, limit: Int? = nil) throws(StoreError) -> [StoredFile] {
        try read { database in
            // A history asks for the files of one conversation, and most have none.
            guard try database.isTrue(sql: "SELECT EXISTS (SELECT 1 FROM file)") else { return [] }
            return try Row.fetchAll(
                database,
                sql: Store.fileSelection
                    + """
                     WHERE \(id == nil ? "?1 IS NULL" : "c.id = ?1") AND (f.file_id IS NOT NULL OR NOT EXISTS
                        (SELECT 1 FROM file o JOIN entry oe ON oe.key = o.entry
                        WHERE o.sha256 = f.sha256 AND o.file_id IS NOT NULL AND oe.conversation = c.key))
                    ORDER BY e.created DESC, e.key DESC, f.place DESC LIMIT ?2
                    """,
                arguments: [id?.rawValue, limit ?? -1]
            ).reversed().map(storedFile)
        }
    }

    /// A file by its number.
    ///
    /// - Throws: ``StoreError/noSuchFile(_:)``, or another ``StoreError`` if the file cannot be read.
    public func file(_ key: Int64) throws(StoreError) -> StoredFile {
        try read { database in
            let row = try Row.fetchOne(database, sql: Store.fileSelection + " WHERE f.key = ?", arguments: [key])
            guard let row else { throw StoreError.noSuchFile(key) }
            return storedFile(row)
        }
    }

    /// How many files there are in each state.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func fileCounts() throws(StoreError) -> [FileState: Int] {
        try read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT state, COUNT(*) AS count FROM file GROUP BY state")
            return Dictionary(
                rows.compactMap { row in FileState(rawValue: row["state"]).map { ($0, row["count"]) } },
                uniquingKeysWith: { one, _ in one })
        }
    }

    private static let fileSelection = """
        SELECT f.*, c.id AS conversation, e.id AS entry_id
        FROM file f JOIN entry e ON e.key = f.entry JOIN conversation c ON c.key = e.conversation
        """

    private func storedFile(_ row: Row) -> StoredFile {
        let digest: String? = row["sha256"]
        let type: String? = row["media_type"]
        return StoredFile(
            key: row["key"], conversation: LocalID(row["conversation"]), entry: EntryID(row["entry_id"]),
            fileID: row["file_id"], name: row["name"], declaredType: row["declared_type"],
            state: FileState(rawValue: row["state"]) ?? .refused,
            reason: row["reason"],
            size: row["size"], mediaType: type, digest: digest,
            path: digest.flatMap { digest in
                type.flatMap { MediaType(named: $0) }.map { fileFolder.path(of: digest, $0.ending) }
            })
    }
}
