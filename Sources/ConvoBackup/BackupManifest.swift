package import ConvoModel
package import ConvoStore

/// What one backup holds: facts about the database, and for each file the chunks that it is made of, in order.
///
/// Its text is made for people without Convo: a line for each fact, a line `file SIZE NAME` for each file, and behind it
/// the chunks in the form of sha256sum(1). The last line is the digest of everything before it.
package struct BackupManifest: Sendable, Hashable {
    /// One file, cut into chunks of ``BackupManifest/chunkSize`` bytes; the last one may be shorter.
    package struct File: Sendable, Hashable {
        /// `database`, or `files/` and the path of a file that lies beside the database in `<database>.files`.
        package let name: String
        /// The length in bytes.
        package let size: Int64
        /// The chunks in the order in which they make the file.
        package let chunks: [ChunkName]

        /// Describes a file; `chunks` must be as many as its size asks for.
        package init(name: String, size: Int64, chunks: [ChunkName]) {
            self.name = name
            self.size = size
            self.chunks = chunks
        }

        /// The path in the folder that lies beside the database; the empty text for the database.
        var nameBesideDatabase: String {
            // By bytes: a mark may follow the slash.
            String(name.utf8.dropFirst(BackupManifest.filesPrefix.utf8.count)) ?? ""
        }
    }

    /// The version of the layout that this program writes and reads.
    package static let layoutVersion = 1
    /// The name of the database among a backup's files.
    package static let databaseName = "database"
    /// What the names of all other files begin with.
    package static let filesPrefix = "files/"

    /// The backup's own name, which is its file's name: a number that grows, and the time.
    package let name: String
    /// When the backup was made.
    package let madeAt: Timestamp
    /// The path of the database at that time.
    package let database: String
    /// What the database held.
    package let census: StoreCensus
    /// The length of a chunk in bytes.
    package let chunkSize: Int
    /// The files, the database first.
    package let files: [File]

    /// Describes a backup.
    package init(
        name: String, madeAt: Timestamp, database: String, census: StoreCensus, chunkSize: Int, files: [File]
    ) {
        self.name = name
        self.madeAt = madeAt
        self.database = database
        self.census = census
        self.chunkSize = chunkSize
        self.files = files
    }

    /// The key by which two backups are of one database: paths are compared by bytes, since to a file system "é" has two forms.
    var databaseKey: [UInt8] { Array(database.utf8) }

    /// The length of all files together in bytes.
    package var size: Int64 { files.reduce(0) { $0 + $1.size } }

    /// The length of a file's chunk in bytes.
    ///
    /// - Parameters:
    ///   - place: the chunk's place in the file, counted from 0.
    ///   - size: the file's length in bytes.
    ///   - chunkSize: the length of a whole chunk.
    /// - Returns: the length, 0 for a chunk behind the end.
    static func length(ofChunk place: Int, in size: Int64, chunkSize: Int) -> Int {
        Int(max(0, min(Int64(chunkSize), size - Int64(place) * Int64(chunkSize))))
    }

    /// The name of the next backup in a folder.
    ///
    /// The number, and not the time, says which backup is newer: clocks are set.
    ///
    /// - Parameters:
    ///   - names: the names of all backups that are there.
    ///   - time: when the backup is made.
    /// - Returns: a name that sorts behind all of them.
    static func name(after names: [String], at time: Timestamp) -> String {
        let number = (names.compactMap(number(of:)).max() ?? 0) + 1
        let digits = String(number)
        let moment = time.text.prefix(19).filter { $0 != "-" && $0 != ":" }
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "-" + moment + "Z"
    }

    /// The number at the beginning of a backup's name; `nil` for a name that is none of a backup.
    static func number(of name: String) -> Int? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, (6...18).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            parts[1].utf8.count == 16, parts[1].utf8.allSatisfy({ (48...57).contains($0) || $0 == 84 || $0 == 90 })
        else { return nil }
        return Int(parts[0])
    }
}
