import ConvoJSON
package import ConvoModel
package import ConvoStore

/// The forms in which conversations are exported.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// Markdown for people, a file for each conversation.
    case markdown
    /// JSON without loss, a file for each conversation, which an import takes.
    case json
    /// A line of JSON for each message, in one file.
    case jsonl
    /// HTML for people, in one file.
    case html

    /// Changes whenever a format comes out otherwise for the same conversation: an export of what has changed since the
    /// last one then writes all files again.
    package static let version = 2

    /// Whether each conversation has a file of its own.
    package var isSeparate: Bool { self == .markdown || self == .json }

    /// The extension of the format's files, without its dot.
    package var fileExtension: String { self == .markdown ? "md" : rawValue }

    /// The name of the file that holds several conversations.
    package var commonName: String { self == .jsonl ? "messages.jsonl" : "conversations.\(fileExtension)" }

    /// The text of one conversation: its file, or its part of the common one.
    ///
    /// - Parameters:
    ///   - archive: the conversation.
    ///   - id: its local id here, which an imported one may have changed.
    ///   - files: those of its files that are stored here.
    /// - Returns: the text.
    package func text(of archive: ArchivedConversation, id: LocalID, files: [ExportedFile] = []) -> String {
        document(archive.facts, archive.raw, id: id, files: files).text(of: archive.entries)
    }

    /// As ``text(of:id:files:)``, in pieces that are handed on while the entries are read.
    ///
    /// - Throws: ``StoreError`` if the entries cannot be read, and what `write` throws.
    package func write(
        _ archive: StreamedArchive, id: LocalID, files: [ExportedFile], to write: (String) throws -> Void
    ) throws {
        try document(archive.facts, archive.raw, id: id, files: files).write(archive, to: write)
    }

    private func document(
        _ facts: ArchivedConversation.Facts, _ raw: JSONText?, id: LocalID, files: [ExportedFile]
    ) -> ExportDocument {
        switch self {
        case .markdown: MarkdownDocument.document(facts, files: files)
        case .json: ArchiveDocument.document(facts, raw)
        case .jsonl: MessageLines.document(facts, id: id)
        case .html: HTMLDocument.document(facts, id: id, files: files)
        }
    }

    /// Whether a file of another export may begin so, and no file that a person or another program made.
    ///
    /// What an editor or a formatter changes in a file leaves it an export's: other blanks in JSON, other members of the
    /// front matter.
    ///
    /// - Parameter bytes: the file's first bytes, ``beginningLength`` of them if there are so many.
    /// - Returns: whether it is an export's.
    package func isBeginning(_ bytes: [UInt8]) -> Bool {
        let isBlank = { (byte: UInt8) in " \t\r\n".utf8.contains(byte) }
        switch self {
        case .markdown:
            let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            guard lines.first?.elementsEqual("---".utf8) == true else { return false }
            return lines.dropFirst().prefix { !$0.elementsEqual("---".utf8) }.contains { $0.starts(with: "id: ".utf8) }
        case .json:
            return bytes.filter { !isBlank($0) }.starts(with: "{\"format\":\"\(ArchiveDocument.format)\"".utf8)
        case .jsonl: return bytes.filter { !isBlank($0) }.starts(with: "{\"conversation_id\":\"".utf8)
        case .html: return bytes.starts(with: HTMLDocument.beginning.utf8)
        }
    }

    /// How many bytes ``isBeginning(_:)`` looks at.
    package static let beginningLength = 16 << 10

    /// What a common file ends with.
    package var foot: String { self == .html ? HTMLDocument.foot : "" }
}
