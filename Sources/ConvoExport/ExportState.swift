import ConvoJSON
package import ConvoModel
package import ConvoStore

/// What the last export into a folder wrote, as a small file in the folder keeps it.
///
/// The file only saves work: without it, or with one that says something odd, everything is exported again.
package struct ExportState: Sendable, Equatable {
    /// The name of the file.
    package static let fileName = ".convo-export.json"
    /// The largest file that is read, in bytes; a larger one counts as missing.
    package static let sizeLimit = 256 << 20
    private static let version = 1

    /// A conversation's digest when it was exported last, by format and local id.
    private var digests: [String: [String: String]] = [:]

    /// The state of a folder that nothing was exported into.
    package init() {}

    /// Reads the file; what it does not say, or says otherwise, counts as not exported.
    package init(_ bytes: [UInt8]) {
        guard let json = try? JSONText(utf8: bytes), json["version"]?.int == ExportState.version,
            json["format_version"]?.int == ExportFormat.version
        else { return }
        for format in ExportFormat.allCases {
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
        for format in ExportFormat.allCases {
            let known = (digests[format.rawValue] ?? [:]).sorted { $0.key < $1.key }
            if !known.isEmpty { members.append((format.rawValue, .object(known.map { ($0.key, .string($0.value)) }))) }
        }
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

    /// A digest of everything that is kept of a conversation, and of which of its files are stored, whatever the format.
    ///
    /// It is FNV-1a of 64 bits and the length: two versions of a conversation have different ones, except by chance.
    package static func digest(of archive: ArchivedConversation, files: [ExportedFile] = []) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var text = ArchiveDocument.text(of: archive) + files.map(\.path).joined()
        let count = text.utf8.count
        text.withUTF8 { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return "\(count)-\(String(hash, radix: 16))"
    }
}
