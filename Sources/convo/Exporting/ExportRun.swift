import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// One export into a folder; a conversation at a time is in memory.
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
        _ conversations: [StoredConversation], sinceLast: Bool, progress: (Int) -> Void
    ) throws {
        var state = folder.state()
        for (number, conversation) in conversations.enumerated() {
            progress(number + 1)
            guard let archive = try ExportRun.archive(of: conversation, in: store) else { continue }
            report.add(conversation)
            let name = folder.name(of: conversation.id, name: conversation.name, fileExtension: format.fileExtension)
            let digest = ExportState.digest(of: archive)
            if sinceLast, state.holds(digest, of: conversation.id, in: format), folder.exists(name) {
                report.skipped += 1
                continue
            }
            let text = format.text(of: archive, id: conversation.id)
            report.note(name, isWritten: try folder.replace(name, with: text))
            state.note(digest, of: conversation.id, in: format)
        }
        try folder.save(state)
    }

    /// Writes one file for all conversations.
    ///
    /// - Parameters:
    ///   - conversations: the conversations in their order.
    ///   - isNamed: whether the file is named after the only conversation.
    ///   - progress: called with the number of each conversation.
    /// - Throws: ``CLIError`` or ``StoreError``; the file is as it was then.
    mutating func writeTogether(
        _ conversations: [StoredConversation], isNamed: Bool, progress: (Int) -> Void
    ) throws {
        conversations.forEach { report.add($0) }
        let only = isNamed ? conversations.first : nil
        let name =
            only.map { folder.name(of: $0.id, name: $0.name, fileExtension: format.fileExtension) } ?? format.commonName
        let isWritten = try folder.replace(name) { write in
            try ExportRun.write(conversations, of: store, as: format, progress: progress, to: write)
        }
        report.note(name, isWritten: isWritten)
    }

    /// Writes one document of all conversations.
    ///
    /// - Parameters:
    ///   - conversations: the conversations in their order.
    ///   - store: the store that holds them.
    ///   - format: the document's format; one with a file for each conversation takes one.
    ///   - progress: called with the number of each conversation.
    ///   - write: takes the document's text in pieces.
    /// - Throws: ``StoreError``, and what `write` throws.
    static func write(
        _ conversations: [StoredConversation], of store: Store, as format: ExportFormat,
        progress: (Int) -> Void = { _ in }, to write: (String) throws -> Void
    ) throws {
        try write(format.head(conversations.map { HTMLDocument.Item($0) }))
        for (number, conversation) in conversations.enumerated() {
            progress(number + 1)
            guard let archive = try archive(of: conversation, in: store) else { continue }
            try write(format.text(of: archive, id: conversation.id))
        }
        try write(format.foot)
    }

    /// The whole conversation; `nil` if it was deleted since it was chosen.
    private static func archive(of conversation: StoredConversation, in store: Store) throws -> ArchivedConversation? {
        do { return try store.archive(of: conversation.id) } catch StoreError.noSuchConversation { return nil }
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
