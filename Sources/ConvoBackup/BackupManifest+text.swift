import ConvoModel
import ConvoStore

/// Why a manifest's text cannot be used.
enum ManifestError: Error, Hashable {
    /// The layout's version is newer than this program's.
    case newer(version: Int)
    /// The text is not one that a backup has written; `reason` is the end of a sentence.
    case damaged(String)
}

extension BackupManifest {
    private static let title = "convo-backup"
    private static let closing = "sha256 "

    /// The manifest as it stands in its file.
    var text: String {
        var lines = [
            "\(BackupManifest.title) \(BackupManifest.layoutVersion)", "name \(name)", "made \(madeAt.text)",
            "database \(BackupManifest.escaped(database))", "schema \(census.schemaVersion)",
            "conversations \(census.conversations)", "entries \(census.entries)", "operations \(census.operations)",
            "open-operations \(census.openOperations)", "chunk-size \(chunkSize)",
        ]
        for file in files {
            lines.append("file \(file.size) \(BackupManifest.escaped(file.name))")
            lines += file.chunks.map { "\($0)  \($0.path)" }
        }
        let body = lines.map { $0 + "\n" }.joined()
        return body + "\(BackupManifest.closing)\(SHA256.hex(body))\n"
    }

    /// Reads a manifest's text.
    ///
    /// Facts that this program does not know are passed over, so that a later one may add some.
    ///
    /// - Throws: ``ManifestError``.
    init(text: String) throws(ManifestError) {
        // By bytes: a character may be a line end with a mark behind it.
        let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { Substring($0) }
        try BackupManifest.requireVersion(String(lines.first ?? ""))
        // The last line, and the empty piece behind its end.
        guard lines.count > 2, lines[lines.count - 1].isEmpty, lines[lines.count - 2].hasPrefix(BackupManifest.closing)
        else { throw .damaged("its end is missing") }
        let closing = lines[lines.count - 2]
        let body = String(text.utf8.dropLast(closing.utf8.count + 1)) ?? ""
        guard closing.dropFirst(BackupManifest.closing.count) == SHA256.hex(body) else {
            throw .damaged("its last line is not the digest of the others")
        }
        try self.init(lines: lines[1..<(lines.count - 2)])
    }

    /// Checks the first line of a manifest, which is also all that the file `format` has.
    static func requireVersion(_ line: String) throws(ManifestError) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0] == title, let version = Int(words[1]), version > 0 else {
            throw .damaged("its first line is not that of a backup")
        }
        guard version <= layoutVersion else { throw .newer(version: version) }
    }

    /// The line of the file `format`.
    static var formatLine: String { "\(title) \(layoutVersion)\n" }

    private init(lines: ArraySlice<Substring>) throws(ManifestError) {
        var facts: [Substring: Substring] = [:]
        var rest = lines
        while let line = rest.first, !line.hasPrefix("file ") {
            let (key, value) = try BackupManifest.parted(line)
            facts[key] = value
            rest.removeFirst()
        }
        func number(_ key: Substring) throws(ManifestError) -> Int {
            guard let number = facts[key].flatMap({ Int($0) }), number >= 0 else {
                throw .damaged("it has no number \"\(key)\"")
            }
            return number
        }
        guard let name = facts["name"], BackupManifest.number(of: String(name)) != nil,
            let madeAt = facts["made"].flatMap({ Timestamp(String($0)) }),
            let database = facts["database"].flatMap(BackupManifest.unescaped)
        else { throw .damaged("it lacks its name, its time or the database's path") }
        let chunkSize = try number("chunk-size")
        guard (1...BackupManifest.chunkSizeLimit).contains(chunkSize) else { throw .damaged("its chunk size is wrong") }
        self.init(
            name: String(name), madeAt: madeAt, database: database,
            census: StoreCensus(
                schemaVersion: try number("schema"), conversations: try number("conversations"),
                entries: try number("entries"), operations: try number("operations"),
                openOperations: try number("open-operations")),
            chunkSize: chunkSize, files: try BackupManifest.files(rest, chunkSize: chunkSize))
        guard files.first?.name == BackupManifest.databaseName else { throw .damaged("it does not name the database") }
    }

    /// More than this is no chunk: a reader holds one in memory.
    static let chunkSizeLimit = 64 << 20

    private static func files(_ lines: ArraySlice<Substring>, chunkSize: Int) throws(ManifestError) -> [File] {
        var files: [File] = []
        var names: Set<[UInt8]> = []
        var rest = lines
        while let line = rest.popFirst() {
            let (size, escaped) = try parted(line.dropFirst("file ".count))
            guard line.hasPrefix("file "), let size = Int64(size), size >= 0, let name = unescaped(escaped),
                isSafe(name), names.insert(Array(name.utf8)).inserted
            else { throw .damaged("it has a line that is not of a file") }
            let count = Int((size + Int64(chunkSize) - 1) / Int64(chunkSize))
            guard rest.count >= count else { throw .damaged("chunks of \(escaped) are missing") }
            var chunks: [ChunkName] = []
            chunks.reserveCapacity(count)
            for line in rest.prefix(count) {
                guard let chunk = ChunkName(line.prefix(64)), line.dropFirst(64) == "  \(chunk.path)" else {
                    throw .damaged("it has a line that is not of a chunk")
                }
                chunks.append(chunk)
            }
            rest.removeFirst(count)
            files.append(File(name: name, size: size, chunks: chunks))
        }
        return files
    }

    private static func parted(_ line: Substring) throws(ManifestError) -> (Substring, Substring) {
        guard let space = line.utf8.firstIndex(of: 32) else { throw .damaged("it has a line without a value") }
        return (line[..<space], line[line.utf8.index(after: space)...])
    }

    /// Whether a file of this name, put back, stays in the folder that it is put into.
    static func isSafe(_ name: String) -> Bool {
        if name == databaseName { return true }
        guard name.utf8.starts(with: filesPrefix.utf8), !name.utf8.contains(0) else { return false }
        let parts = name.utf8.split(separator: 47, omittingEmptySubsequences: false)
        return parts.allSatisfy { !["", ".", ".."].contains(Substring($0)) }
    }

    /// A path on one line: control characters and `%` are percent-encoded.
    static func escaped(_ path: String) -> String {
        guard path.utf8.contains(where: { $0 < 32 || $0 == 127 || $0 == 37 }) else { return path }
        return path.unicodeScalars.map { scalar in
            guard scalar.value < 32 || scalar.value == 127 || scalar == "%" else { return String(scalar) }
            return "%" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        }.joined()
    }

    static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(37) else { return String(text) }
        // By bytes: a mark may follow the two digits.
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == 37 else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16), value < 128
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
