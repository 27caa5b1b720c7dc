package import ConvoJSON
import ConvoSQLite

/// A conversation with all that is kept of it, whose entries are read one at a time, as often as they are asked for.
///
/// One that the store gives is of one moment. It is valid only while the store's call lasts.
package struct StreamedArchive {
    /// The facts about the conversation that the server's object does not hold.
    package let facts: ArchivedConversation.Facts
    /// The server's object as it came; `nil` if no read has shown the conversation.
    package let raw: JSONText?
    private let walk: ((ArchivedEntry) throws -> Void) throws -> Void

    /// Takes a conversation that is in memory.
    package init(_ archive: ArchivedConversation) {
        self.init(facts: archive.facts, raw: archive.raw) { try archive.entries.forEach($0) }
    }

    init(
        facts: ArchivedConversation.Facts, raw: JSONText?,
        walk: @escaping ((ArchivedEntry) throws -> Void) throws -> Void
    ) {
        self.facts = facts
        self.raw = raw
        self.walk = walk
    }

    /// Reads the entries in the conversation's order, those that the server has dropped included.
    ///
    /// - Parameter body: takes each of them; it must not read the same entries again.
    /// - Throws: ``StoreError`` if the file cannot be read, and what `body` throws.
    package func forEachEntry(_ body: (ArchivedEntry) throws -> Void) throws { try walk(body) }
}
