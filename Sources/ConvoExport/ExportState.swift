import ConvoJSON
package import ConvoModel
package import ConvoStore

/// The record of what exports wrote into a folder, which a small file in the folder keeps.
///
/// The file saves work, and tells the files of exports from others: without it, or with one that says something odd,
/// everything is exported again, and a file counts as an export's by its beginning only.
package struct ExportState: Sendable, Equatable {
    /// A file as an export wrote it.
    package struct File: Sendable, Equatable {
        /// Its name in the folder.
        package let name: String
        /// The digest of its bytes.
        package let digest: String

        /// Creates a file from its parts.
        package init(name: String, digest: String) {
            self.name = name
            self.digest = digest
        }
    }

    /// The name of the file.
    package static let fileName = ".convo-export.json"
    /// The largest file that is read, in bytes; a larger one counts as missing.
    package static let sizeLimit = 256 << 20
    private static let version = 1
    /// In the place of a local id: the file that holds several conversations.
    private static let common = ""

    /// A conversation's digest when it was exported last, by format and local id.
    private var digests: [String: [String: String]] = [:]
    /// The files that were written last, by format and local id.
    private var files: [String: [String: File]] = [:]

    /// The state of a folder that nothing was exported into.
    package init() {}

    /// Reads the file; what it does not say, or says otherwise, counts as not exported.
    package init(_ bytes: [UInt8]) {
        guard let json = try? JSONText(utf8: bytes), json["version"]?.int == ExportState.version else { return }
        for format in ExportFormat.allCases {
            for (id, file) in json["files"]?[format.rawValue]?.members ?? [] {
                guard let name = file["name"]?.string, let digest = file["bytes"]?.string else { continue }
                files[format.rawValue, default: [:]][id] = File(name: name, digest: digest)
            }
            // If the formats have changed since, this export writes the files again: they are still its own.
            guard json["format_version"]?.int == ExportFormat.version else { continue }
            for (id, digest) in json[format.rawValue]?.members ?? [] {
                digests[format.rawValue, default: [:]][id] = digest.string
            }
        }
    }

    /// The file's text, the same for the same state.
    package var text: String {
        var members: [(String, JSONText?)] = [
            ("version", .int(ExportState.version)), ("format_version", .int(ExportFormat.version)),
        ]
        var written: [(String, JSONText?)] = []
        for format in ExportFormat.allCases {
            let known = (digests[format.rawValue] ?? [:]).sorted { $0.key < $1.key }
            if !known.isEmpty { members.append((format.rawValue, .object(known.map { ($0.key, .string($0.value)) }))) }
            let own = (files[format.rawValue] ?? [:]).sorted { $0.key < $1.key }.map { id, file in
                (id, JSONText?.some(.object(["name": .string(file.name), "bytes": .string(file.digest)])))
            }
            if !own.isEmpty { written.append((format.rawValue, .object(own))) }
        }
        if !written.isEmpty { members.append(("files", .object(written))) }
        return JSONText.object(members).text + "\n"
    }

    /// Whether the conversation was exported in this format with this digest.
    package func holds(_ digest: String, of id: LocalID, in format: ExportFormat) -> Bool {
        digests[format.rawValue]?[id.rawValue] == digest
    }

    /// Records that the conversation was exported.
    package mutating func note(_ digest: String, of id: LocalID, in format: ExportFormat) {
        digests[format.rawValue, default: [:]][id.rawValue] = digest
    }

    /// The file that was written last of a conversation, or of several for `nil`.
    package func file(of id: LocalID?, in format: ExportFormat) -> File? {
        files[format.rawValue]?[id?.rawValue ?? ExportState.common]
    }

    /// Records the file that was written of a conversation, or of several for `nil`.
    package mutating func note(_ file: File, of id: LocalID?, in format: ExportFormat) {
        files[format.rawValue, default: [:]][id?.rawValue ?? ExportState.common] = file
    }

    /// A digest of everything that is kept of a conversation, and of which of its files are stored, whatever the format.
    ///
    /// - Throws: ``StoreError`` if the entries cannot be read.
    package static func digest(of archive: StreamedArchive, files: [ExportedFile] = []) throws -> String {
        var digest = TextDigest()
        try ArchiveDocument.document(archive.facts, archive.raw).write(archive) { digest.add($0) }
        for file in files { digest.add(file.path) }
        return digest.text
    }
}

/// A digest of a text that comes in pieces: FNV-1a of 64 bits and the length. Two texts have different ones, except by
/// chance.
package struct TextDigest: Sendable {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private var count = 0

    /// The digest of a text, which may be the first piece.
    package init(_ text: String = "") { add(text) }

    /// Takes the next piece.
    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            count += bytes.count
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
    }

    /// The length in bytes, and the hash.
    package var text: String { "\(count)-\(hexadecimal)" }

    /// The hash alone.
    var hexadecimal: String { String(hash, radix: 16) }
}
