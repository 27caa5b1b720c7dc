import ConvoModel
import ConvoSQLite

/// The bytes of the files that entries refer to, which lie in a folder beside the database.
extension Store {
    /// The folder that holds the files' bytes.
    package var fileFolder: FileFolder {
        FileFolder(beside: path, boot: environment.uptime().boot) { key throws(StoreError) in try self.fileLabel(key) }
    }

    /// What a row's file is called while it is fetched; `nil` if there is no such row.
    func fileLabel(_ key: Int64) throws(StoreError) -> String? {
        try read { try Store.fileLabels($0, where: "f.key = ?", [key]).first }
    }

    /// The labels of the files whose rows fulfil a condition on `file f`, `entry e` and `conversation c`.
    private static func fileLabels(
        _ database: Database, where condition: String, _ arguments: StatementArguments = []
    ) throws -> [String] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT c.id AS conversation, e.id AS entry, f.source FROM file f
                JOIN entry e ON e.key = f.entry JOIN conversation c ON c.key = e.conversation WHERE \(condition)
                """, arguments: arguments
        ).map { row in
            FileFolder.label(conversation: row["conversation"], entry: row["entry"], source: row["source"])
        }
    }

    /// Takes a file that has all its bytes into the folder, where they survive a power cut.
    ///
    /// - Parameters:
    ///   - partial: the file; `nil` if an earlier attempt got all its bytes.
    ///   - key: its number.
    /// - Returns: how many bytes it has; `nil` if the entry does not refer to it any more.
    /// - Throws: ``StoreError`` if the disk is full, or a file cannot be written; another call with `nil` goes on from there.
    package func keep(_ partial: consuming PartialFile?, as key: Int64) throws(StoreError) -> Int? {
        let folder = fileFolder
        let label: String
        if let partial {
            label = try folder.finish(partial)
        } else {
            guard let known = try fileLabel(key) else { return nil }
            label = known
        }
        let content = try folder.content(label)
        // In one transaction: `removeFiles` must not meet a file that has its name and no row yet.
        let isKept = try writeDurably { database in
            try database.execute(
                sql: """
                    UPDATE file SET state = 'stored', reason = NULL, next_attempt = NULL, size = ?, media_type = ?, sha256 = ?,
                        stored_at = ? WHERE key = ? AND state = 'pending'
                    """,
                arguments: [content.size, content.mediaType.name, content.digest, environment.now().text, key])
            // A conversation that was deleted meanwhile leaves no file.
            guard database.changesCount > 0 else { return false }
            try folder.place(label, content)
            return true
        }
        folder.forget(label)
        return isKept ? content.size : nil
    }

    /// Whether all bytes of a file are here, and an earlier attempt could not note that.
    ///
    /// - Parameter key: its number.
    /// - Returns: whether ``keep(_:as:)`` needs no fetching.
    package func hasWhole(file key: Int64) -> Bool {
        // Where the row cannot be read, fetching it says so.
        guard let label = try? fileLabel(key) else { return false }
        return fileFolder.isWhole(label)
    }

    /// Removes files whose rows are gone, unless another entry refers to the same bytes.
    ///
    /// Other files stay, also those that no row names: an older copy of the database may have been put back, whose rows do
    /// not know them yet, and their links may have expired.
    ///
    /// - Parameter digests: of the files.
    /// - Throws: ``StoreError`` if the file cannot be read.
    func removeFiles(_ digests: [String]) throws(StoreError) {
        guard !digests.isEmpty else { return }
        // In a write transaction, no other process stores a file meanwhile.
        try write { database in
            let unnamed = try digests.filter { digest in
                try !database.isTrue(sql: "SELECT EXISTS (SELECT 1 FROM file WHERE sha256 = ?)", arguments: [digest])
            }
            fileFolder.remove(Set(unnamed))
        }
    }

    /// The digests of the stored files of a conversation.
    func fileDigests(_ database: Database, of conversation: Int64) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT DISTINCT f.sha256 FROM entry e JOIN file f ON f.entry = e.key
                WHERE e.conversation = ? AND f.sha256 IS NOT NULL
                """, arguments: [conversation])
    }

    /// The labels of the files of a conversation that are still to be fetched.
    func pendingFileLabels(_ database: Database, of conversation: Int64) throws -> [String] {
        try Store.fileLabels(database, where: "c.key = ? AND f.state = 'pending'", [conversation])
    }

    /// How many bytes the folder of the files has.
    package func fileFolderBytes() -> Int { fileFolder.bytes() }

    /// Removes what attempts to fetch files have left that nobody goes on with.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func tidyFileFolder() throws(StoreError) {
        try fileFolder.tidy { () throws(StoreError) in
            Set(try read { try Store.fileLabels($0, where: "f.state = 'pending'") })
        }
    }
}
