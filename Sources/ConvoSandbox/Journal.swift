import ConvoModel

/// The sandbox's state on disk: one JSON object a line, each synced before the change is answered for.
///
/// Written anew, with one line per conversation and file, each time that it is opened. A last line that a crash cut short is
/// dropped: nobody was told of it.
struct Journal: Sendable {
    private let file: JournalFile

    /// Opens the journal, or makes it, and puts into `library` what it holds.
    ///
    /// - Throws: ``JournalError`` if the file cannot be read or written, is in use, or is no journal.
    init(path: String, library: inout ConversationTable) throws(JournalError) {
        let old = try JournalFile(path: path)
        try Journal.replay(try old.read(), path, into: &library)
        // A crash leaves the old file or the new one, whole.
        let files = library.files.values.sorted { $0.id < $1.id }
        let changes = library.all.map { Change.put($0) } + files.map { .putFile($0) }
        file = try old.replaced(by: changes.map(\.line).joined())
    }

    /// Returns once the changes are on the disk.
    func append(_ changes: [Change]) throws(JournalError) {
        try file.append(changes.map(\.line).joined())
    }

    private static func replay(_ bytes: [UInt8], _ path: String, into library: inout ConversationTable)
        throws(JournalError)
    {
        var number = 0
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            guard let line = try? JSONText(utf8: Array(rest[..<end])), let change = Change(line: line) else {
                throw .unreadable(line: number, path: path)
            }
            library.apply(change)
            rest = rest[(end + 1)...]
        }
    }
}
