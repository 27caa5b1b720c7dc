import ConvoJSON

/// A file that an entry refers to: one that a tool made, or a document of the API's own.
public struct FileReference: Hashable, Sendable {
    /// Where the file's bytes are.
    public enum Source: Hashable, Sendable {
        /// Behind the API's own address for a file of this id; whoever has the account's key may read it.
        case id(String)
        /// Behind a link that needs no key. A signed one expires; it must not be shown, logged or indexed.
        case link(String)
    }
    /// Where the file's bytes are.
    public let source: Source
    /// The name that the entry gives; `nil` if it gives none.
    public let name: String?
    /// The type that the entry gives, such as `png`; it is not always true.
    public let type: String?

    /// Creates a reference from its parts.
    package init(_ source: Source, name: String? = nil, type: String? = nil) {
        self.source = source
        self.name = name
        self.type = type
    }

    /// How many files of one entry are kept at most: a bound against an entry that names a million.
    static let limit = 100
}

extension Entry {
    /// The files that the entry refers to, in its order, each once; at most a hundred.
    ///
    /// These are `tool_file` chunks, and `document_url` and `image_url` chunks with a link; of a tool's execution, the link in
    /// `info.result` (a JSON text with `url`) and `info.file_url`. Inline images and files (`data:` URLs) need no fetching.
    public var files: [FileReference] {
        var found: [FileReference] = []
        for reference in type == .toolExecution ? executionFiles : chunkFiles
        where found.count < FileReference.limit && !found.contains(where: { $0.source == reference.source }) {
            found.append(reference)
        }
        return found
    }

    private var chunkFiles: [FileReference] {
        guard let content = raw["content"], content.kind == .array else { return [] }
        return content.elements.compactMap { chunk in
            switch chunk["type"]?.string {
            case "tool_file":
                chunk["file_id"]?.name.map {
                    FileReference(.id($0), name: chunk["file_name"]?.name, type: chunk["file_type"]?.name)
                }
            case "document_url":
                chunk["document_url"].flatMap(Entry.link).map { FileReference($0, name: chunk["document_name"]?.name) }
            case "image_url":
                (chunk["image_url"]?["url"] ?? chunk["image_url"]).flatMap(Entry.link).map { FileReference($0) }
            default: nil
            }
        }
    }

    private var executionFiles: [FileReference] {
        guard let info = raw["info"], info.kind == .object else { return [] }
        let result = info["result"]?.string.flatMap { try? JSONText($0) }
        return [result?["url"], info["file_url"]].compactMap { $0.flatMap(Entry.link).map { FileReference($0) } }
    }

    private static func link(_ value: JSONText) -> FileReference.Source? {
        guard let text = value.string, text.hasPrefix("https://") || text.hasPrefix("http://") else { return nil }
        return .link(text)
    }
}

/// The type of a file, as its first bytes tell it.
package struct MediaType: Hashable, Sendable {
    /// The name, such as `image/jpeg`.
    public let name: String
    /// The usual ending of such a file's name, without the dot.
    package let ending: String

    private init(_ name: String, _ ending: String) {
        self.name = name
        self.ending = ending
    }

    private static let magic: [(place: Int, bytes: [UInt8], type: MediaType)] = [
        (0, [0xFF, 0xD8, 0xFF], MediaType("image/jpeg", "jpg")),
        (0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], MediaType("image/png", "png")),
        (0, Array("GIF8".utf8), MediaType("image/gif", "gif")),
        (8, Array("WEBP".utf8), MediaType("image/webp", "webp")),
        (4, Array("ftypavif".utf8), MediaType("image/avif", "avif")),
        (0, Array("%PDF-".utf8), MediaType("application/pdf", "pdf")),
        (0, [0x50, 0x4B, 0x03, 0x04], MediaType("application/zip", "zip")),
        (0, [0x1F, 0x8B], MediaType("application/gzip", "gz")),
        (4, Array("ftyp".utf8), MediaType("video/mp4", "mp4")),
        (0, Array("ID3".utf8), MediaType("audio/mpeg", "mp3")),
        (8, Array("WAVE".utf8), MediaType("audio/wav", "wav")),
        (0, Array("OggS".utf8), MediaType("audio/ogg", "ogg")),
    ]
    private static let text = MediaType("text/plain", "txt")
    private static let unknown = MediaType("application/octet-stream", "bin")

    /// A type by its name; `nil` if it is none that ``init(of:)`` gives.
    package init?(named name: String) {
        let known = MediaType.magic.map(\.type) + [MediaType.text, MediaType.unknown]
        guard let type = known.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// Reads a file's type from its first bytes; what a server or an entry says of it is not asked.
    ///
    /// - Parameter start: the first bytes, some hundred of them if there are so many.
    package init(of start: [UInt8]) {
        for (place, bytes, type) in MediaType.magic where start.dropFirst(place).starts(with: bytes) {
            self = type
            return
        }
        // A character may be cut at the end.
        let isText =
            (0...3).contains { String(validating: start.dropLast($0), as: UTF8.self) != nil } && !start.contains(0)
        self = isText ? MediaType.text : MediaType.unknown
    }
}
