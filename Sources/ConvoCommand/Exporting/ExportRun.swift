import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// One export into a folder. A conversation is written while it is read, so that a long one needs no more memory than a short one,
/// but for the images that an HTML document holds.
struct ExportRun {
    private let store: Store
    private let format: ExportFormat
    private let folder: ExportFolder
    private(set) var report: ExportReport

    init(store: Store, format: ExportFormat, folder: ExportFolder) {
        self.store = store
        self.format = format
        self.folder = folder
        report = ExportReport(format: format, folder: folder.path)
    }

    /// Writes a file for each conversation, and records what was written.
    ///
    /// - Parameters:
    ///   - conversations: the conversations; one that is deleted meanwhile is left out.
    ///   - sinceLast: whether to leave out what has not changed since the last export into the folder.
    ///   - progress: called with the number of each conversation.
    /// - Throws: ``CLIError`` or ``StoreError``; files that were written before stay.
    mutating func writeSeparately(
        _ conversations: ConversationList, sinceLast: Bool, progress: (Int) -> Void
    ) throws {
        var state = folder.state()
        var number = 0
        try conversations.forEachPage { page in
            for conversation in page {
                number += 1
                progress(number)
                try writeFile(of: conversation, sinceLast: sinceLast, &state)
            }
        }
        try folder.save(state)
    }

    private mutating func writeFile(
        of conversation: StoredConversation, sinceLast: Bool, _ state: inout ExportState
    ) throws {
        try ExportRun.withArchive(of: conversation, in: store) { archive in
            // After the entries were seen: none of them lacks a file that was stored before.
            let files = try ExportRun.files(of: conversation, in: store, as: format)
            report.add(conversation)
            let last = state.file(of: conversation.id, in: format)
            let name = folder.name(
                of: conversation.id, name: conversation.localName ?? conversation.name, in: format, last: last)
            let digest = try ExportState.digest(of: archive, files: files.map(\.shown))
            let copies = format == .markdown ? files : []
            if sinceLast, state.holds(digest, of: conversation.id, in: format), folder.exists(name),
                copies.allSatisfy({ folder.hasCopy($0.shown.path, of: $0.source) })
            {
                report.skipped += 1
                return
            }
            for file in copies { try folder.add(file.shown.path, from: file.source) }
            let (isWritten, file) = try folder.write(name, in: format, last: last) { write in
                try format.write(archive, id: conversation.id, files: files.map(\.shown), to: write)
            }
            report.note(name, isWritten: isWritten)
            state.note(digest, of: conversation.id, in: format)
            state.note(file, of: conversation.id, in: format)
        }
    }

    /// Writes one file for all conversations, and records that it was written.
    ///
    /// - Parameters:
    ///   - conversations: the conversations in their order.
    ///   - isNamed: whether the file is named after the only conversation.
    ///   - progress: called with the number of each conversation.
    /// - Throws: ``CLIError`` or ``StoreError``; the file is as it was then.
    mutating func writeTogether(
        _ conversations: ConversationList, isNamed: Bool, progress: (Int) -> Void
    ) throws {
        var only: StoredConversation?
        if isNamed {
            try conversations.forEachPage { only = $0.first }
            guard only != nil else { throw StoreError.noSuchConversation("it was deleted meanwhile") }
        }
        var state = folder.state()
        let last = state.file(of: only?.id, in: format)
        let name =
            only.map { folder.name(of: $0.id, name: $0.localName ?? $0.name, in: format, last: last) }
            ?? format.commonName
        var (number, added) = (0, report)
        let (isWritten, file) = try folder.write(name, in: format, last: last) { write in
            try ExportRun.write(
                conversations, of: store, as: format,
                noting: { conversation in
                    added.add(conversation)
                    number += 1
                    progress(number)
                }, to: write)
        }
        report = added
        report.note(name, isWritten: isWritten)
        state.note(file, of: only?.id, in: format)
        try folder.save(state)
    }

    /// Writes one document of all conversations.
    ///
    /// - Parameters:
    ///   - conversations: the conversations in their order.
    ///   - store: the store that holds them.
    ///   - format: the document's format; one with a file for each conversation takes one.
    ///   - note: takes each conversation before it is written.
    ///   - pause: called after each conversation, when no transaction is open.
    ///   - write: takes the document's text in pieces.
    /// - Throws: ``StoreError``, and what `write` throws.
    static func write(
        _ conversations: ConversationList, of store: Store, as format: ExportFormat,
        noting note: (StoredConversation) -> Void = { _ in }, between pause: () throws -> Void = {},
        to write: (String) throws -> Void
    ) throws {
        if format == .html { try writeIndex(of: conversations, to: write) }
        try conversations.forEachPage { page in
            for conversation in page {
                note(conversation)
                try withArchive(of: conversation, in: store) { archive in
                    let files =
                        try format == .html ? ExportRun.files(of: conversation, in: store, as: format).map(\.shown) : []
                    try format.write(archive, id: conversation.id, files: files, to: write)
                }
                try pause()
            }
        }
        try write(format.foot)
    }

    /// Writes what stands before the first conversation in an HTML document.
    private static func writeIndex(of conversations: ConversationList, to write: (String) throws -> Void) throws {
        var isStarted = false
        func start(_ first: StoredConversation?) throws {
            if !isStarted {
                try write(HTMLDocument.start(count: conversations.count, first: first.map { HTMLDocument.Item($0) }))
            }
            isStarted = true
        }
        try conversations.forEachPage { page in
            try start(page.first)
            guard conversations.count != 1 else { return }
            try write(page.map { HTMLDocument.indexed(HTMLDocument.Item($0)) }.joined())
        }
        try start(nil)
        if conversations.count != 1 { try write(HTMLDocument.indexEnd) }
    }

    /// The largest image that an HTML document holds itself, in bytes.
    private static let imageLimit = 4 << 20

    /// The conversation's files that are stored, with the paths of their bytes; those whose bytes are gone are left out.
    private static func files(
        of conversation: StoredConversation, in store: Store, as format: ExportFormat
    ) throws -> [(shown: ExportedFile, source: String)] {
        guard format == .markdown || format == .html else { return [] }
        return try store.files(of: conversation.id).compactMap { file in
            guard let source = file.path, let type = file.mediaType.flatMap({ MediaType(named: $0) }),
                access(source, R_OK) == 0
            else { return nil }
            let name = source.split(separator: "/").last ?? ""
            let isEmbedded = format == .html && type.name.hasPrefix("image/") && (file.size ?? .max) <= imageLimit
            let shown = ExportedFile(
                entry: file.entry, fileID: file.fileID, name: file.name ?? "file \(file.key)", mediaType: type,
                path: "files/\(name)",
                bytes: isEmbedded ? try? WholeFile.bytes(of: source, limit: imageLimit) : nil)
            return (shown, source)
        }
    }

    /// Reads a conversation, unless it was deleted since it was chosen.
    private static func withArchive(
        of conversation: StoredConversation, in store: Store, _ body: (StreamedArchive) throws -> Void
    ) throws {
        do { try store.withArchive(of: conversation.id, body) } catch StoreError.noSuchConversation {}
    }
}

/// What an export did.
struct ExportReport {
    let format: ExportFormat
    let folder: String
    private(set) var conversations = 0
    /// How many writes to these conversations are not delivered, and so not exported.
    private(set) var pending = 0
    private(set) var written: [String] = []
    private(set) var unchanged = 0
    /// How many conversations have not changed since the last export.
    var skipped = 0

    init(format: ExportFormat, folder: String) {
        self.format = format
        self.folder = folder
    }

    mutating func add(_ conversation: StoredConversation) {
        conversations += 1
        pending += conversation.pendingCount
    }

    mutating func note(_ name: String, isWritten: Bool) {
        if isWritten { written.append(name) } else { unchanged += 1 }
    }

    var json: JSONText {
        .object([
            "format": .string(format.rawValue), "output": .string(folder), "conversations": .int(conversations),
            "written": .int(written.count), "unchanged": .int(unchanged), "skipped": .int(skipped),
            "pending": .int(pending),
            "files": .array(written.map { .string($0) }),
        ])
    }

    var lines: [String] {
        var counts = ["\(written.count) written", "\(unchanged) unchanged"]
        if skipped > 0 { counts.append("\(skipped) left out, not changed since the last export") }
        let what = conversations == 1 ? "1 conversation" : "\(conversations) conversations"
        var lines = ["\(what), files in \(folder.sanitised(.line)): \(counts.joined(separator: ", "))."]
        if pending > 0 {
            lines.append(
                "\(pending) \(pending == 1 ? "write is" : "writes are") not delivered, and not exported: convo outbox.")
        }
        return lines
    }
}
