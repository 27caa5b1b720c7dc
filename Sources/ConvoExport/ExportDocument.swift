package import ConvoStore

/// The text of one conversation in a format, as a sequence of parts: so one plan serves a conversation that is in memory, and
/// one that is read while it is written.
package struct ExportDocument {
    /// Where an entry stands.
    struct Place {
        /// The number of entries before it.
        let position: Int
        /// The number of those that this part shows.
        let shown: Int
    }

    enum Part {
        case text(String)
        /// The texts of the entries, without those for which it is `nil`.
        case entries(separator: String, (ArchivedEntry, Place) -> String?)
    }

    /// The text is handed on in pieces of about so many bytes.
    private static let pieceBytes = 48 << 10

    let parts: [Part]

    init(_ parts: [Part]) { self.parts = parts }

    /// The whole text of a conversation that is in memory.
    package func text(of entries: [ArchivedEntry]) -> String {
        var text = ""
        for part in parts {
            var writer = PartWriter(part)
            for entry in writer.readsEntries ? entries : [] { text += writer.text(of: entry) }
            text += writer.fixed
        }
        return text
    }

    /// Writes the text of a conversation whose entries are read meanwhile, once for each part that shows entries.
    ///
    /// - Parameters:
    ///   - archive: the conversation.
    ///   - write: takes the text in pieces.
    /// - Throws: ``StoreError`` if the entries cannot be read, and what `write` throws.
    package func write(_ archive: StreamedArchive, to write: (String) throws -> Void) throws {
        var text = ""
        func add(_ more: String) throws {
            text += more
            guard text.utf8.count >= ExportDocument.pieceBytes else { return }
            try write(text)
            text.removeAll(keepingCapacity: true)
        }
        for part in parts {
            var writer = PartWriter(part)
            if writer.readsEntries { try archive.forEachEntry { try add(writer.text(of: $0)) } }
            try add(writer.fixed)
        }
        if !text.isEmpty { try write(text) }
    }
}

/// The text of a part while the entries pass by.
private struct PartWriter {
    private let part: ExportDocument.Part
    private var place = ExportDocument.Place(position: 0, shown: 0)

    init(_ part: ExportDocument.Part) { self.part = part }

    var readsEntries: Bool { if case .entries = part { true } else { false } }

    /// The text that depends on no entry.
    var fixed: String { if case .text(let text) = part { text } else { "" } }

    /// The part's text for the next entry, behind the separator if it is not the first one; empty if it shows nothing.
    mutating func text(of entry: ArchivedEntry) -> String {
        guard case .entries(let separator, let make) = part else { return "" }
        let text = make(entry, place)
        place = ExportDocument.Place(position: place.position + 1, shown: place.shown + (text == nil ? 0 : 1))
        return text.map { place.shown > 1 ? separator + $0 : $0 } ?? ""
    }
}
