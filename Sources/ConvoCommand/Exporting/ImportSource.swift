import ConvoApp
import ConvoExport
import ConvoIPC
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// A file that an import reads: the JSON of one conversation, or a database.
struct ImportSource {
    /// The largest JSON file, in bytes: many times what the server gives as one history.
    static let sizeLimit = 256 << 20
    private static let databaseMagic = Array("SQLite format 3\0".utf8)

    let path: String

    /// The file's name in messages.
    var name: String { path == "-" ? "standard input" : path }

    /// The sources that paths name: files, and the JSON files in folders, hidden ones left out.
    ///
    /// - Throws: ``CLIError`` if a folder has no JSON file.
    static func all(of paths: [String]) throws(CLIError) -> [ImportSource] {
        var sources: [ImportSource] = []
        for path in paths {
            var status = stat()
            guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                sources.append(ImportSource(path: path))
                continue
            }
            let names = FolderListing.names(in: path).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
            guard !names.isEmpty else {
                throw CLIError(
                    .notFound, code: "missing_file", message: "There is no JSON file in the folder \(path).",
                    hint: Advice.exportFirst)
            }
            sources += names.map { ImportSource(path: "\(path)/\($0)") }
        }
        return sources
    }

    /// Gives the conversations of the file, one at a time.
    ///
    /// - Parameters:
    ///   - store: the store that takes them, which is no source.
    ///   - take: gets each conversation's name in messages, and what reads it; that throws if the conversation is damaged.
    /// - Throws: ``CLIError`` or ``StoreError`` if the file itself cannot be read, and what `take` throws.
    func archives(
        besides store: Store, _ take: (String, () throws -> ArchivedConversation) throws(ImportFailure) -> Void
    ) throws {
        guard path != "-", try isDatabase() else {
            let bytes = try WholeFile.bytes(of: path, limit: ImportSource.sizeLimit)
            return try take(name) { try ArchiveReader.archive(of: bytes) }
        }
        guard FileIdentity(of: path) != FileIdentity(of: store.path) else {
            throw CLIError(
                .usage, code: "same_database", message: "\(path) is the database that takes the import.",
                hint: Advice.otherDatabase)
        }
        let other = try Store(reading: path)
        for id in try other.archivedIDs() {
            // What stands in another database is checked as a file's text is.
            try take("\(id) in \(path)") {
                try ArchiveReader.archive(of: Array(ArchiveDocument.text(of: other.archive(of: id)).utf8))
            }
        }
    }

    private func isDatabase() throws(CLIError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .input(path, errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: ImportSource.databaseMagic.count)
        return read(descriptor, &bytes, bytes.count) == bytes.count && bytes == ImportSource.databaseMagic
    }
}

extension CLIError {
    /// Describes why a file brings nothing.
    init(_ error: any Error, in name: String) {
        guard let failure = CLIError(error) else {
            self.init(.internal, code: "import_failed", message: "\(name): \(error)")
            return
        }
        // These name their file themselves.
        let isNamed = !(error is ArchiveError)
        let hint = if case StoreError.olderSchema = error { Advice.openFirst } else { failure.hint }
        self.init(
            failure.exitCode, code: failure.code, message: isNamed ? failure.message : "\(name): \(error).", hint: hint)
    }
}
