package import ConvoModel

/// A stored file that an entry refers to, as a document shows it.
package struct ExportedFile: Sendable, Equatable {
    /// The entry that refers to it.
    package let entry: EntryID
    /// The id behind which the server keeps it; `nil` for what a link leads to.
    package let fileID: String?
    /// Its name, as the entry gives it.
    package let name: String
    /// The type that its bytes tell.
    package let mediaType: MediaType
    /// The name of its copy in the export's folder: `files/` and the SHA-256 of its bytes.
    package let path: String
    /// Its bytes, for a document that holds them itself; `nil` if it does not.
    package let bytes: [UInt8]?

    /// Creates a file from its parts.
    package init(
        entry: EntryID, fileID: String?, name: String, mediaType: MediaType, path: String, bytes: [UInt8]? = nil
    ) {
        self.entry = entry
        self.fileID = fileID
        self.name = name
        self.mediaType = mediaType
        self.path = path
        self.bytes = bytes
    }

    /// The file under another name.
    func named(_ name: String) -> ExportedFile {
        ExportedFile(entry: entry, fileID: fileID, name: name, mediaType: mediaType, path: path, bytes: bytes)
    }

    var isImage: Bool { mediaType.name.hasPrefix("image/") }

    /// The bytes as a `data:` URL; `nil` if the document does not hold them.
    var dataURL: String? { bytes.map { "data:\(mediaType.name);base64,\(Base64.text(of: $0))" } }
}

/// Base64 (RFC 4648, 4).
package enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text that stands for bytes.
    package static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place > group.count ? UInt8(ascii: "=") : letters[value >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
