package import ConvoJSON

/// Reads a history while it arrives: each entry is checked when its last byte is there, and handed to a spool.
///
/// It comes to the same result as ``ConversationHistory/init(_:)`` with the whole body, up to its limits: a server that never
/// ends must not take all memory.
package struct HistoryAssembler {
    /// The defects of a body for which there is no ``ModelError``.
    package enum Flaw: Error {
        /// The body is over a limit, which the text names: a clause without a capital or a full stop.
        case tooLarge(String)
        /// The spool has no room for more.
        case noRoom
        /// The body is not one JSON value.
        case syntax(JSONSyntaxError)
    }

    /// The most entries of a history: some bytes are held of each.
    package static let entryLimit = 1_000_000
    /// The most elements that cannot be kept as they are: each is named in the database.
    static let oddLimit = 10_000

    private var splitter = JSONListSplitter(field: "entries")
    private let spool: any EntrySpool
    private let limit: Int
    private let entryLimit: Int
    private var position = 0
    private var oddItems: [OddItem] = []

    /// Creates an assembler.
    ///
    /// - Parameters:
    ///   - spool: takes the entries.
    ///   - limit: the greatest number of bytes of an entry, and of the rest of the body.
    ///   - entryLimit: the greatest number of entries.
    package init(into spool: any EntrySpool, limit: Int, entryLimit: Int = entryLimit) {
        self.spool = spool
        self.limit = limit
        self.entryLimit = entryLimit
    }

    /// Takes the next bytes of the body.
    ///
    /// - Throws: ``Flaw``, and the body cannot be used.
    package mutating func take(_ bytes: [UInt8]) throws(Flaw) {
        let (spool, limit, entryLimit) = (spool, limit, entryLimit)
        var (position, oddItems) = (position, oddItems)
        self.oddItems = []  // not copied when it grows
        try splitter.take(bytes) { (element: [UInt8]) throws(Flaw) in
            guard element.count <= limit else { throw .tooLarge("an entry is larger than \(limit) bytes") }
            guard position < entryLimit else { throw .tooLarge("it has more than \(entryLimit) entries") }
            guard oddItems.count <= HistoryAssembler.oddLimit else {
                throw .tooLarge("more than \(HistoryAssembler.oddLimit) of its entries are odd")
            }
            do throws(JSONSyntaxError) {
                // A byte order mark may stand at the start of a body only; behind a blank it is an error.
                let bytes = element.first == 0xEF ? [0x20] + element : element
                let element = try JSONAnswer(bytes).element(at: position)
                if let oddItem = element.oddItem { oddItems.append(oddItem) }
                if !element.isTooDeep { spool.add(element.value.text) }
            } catch { throw .syntax(error) }
            position += 1
        }
        (self.position, self.oddItems) = (position, oddItems)
        guard spool.hasRoom else { throw .noRoom }
        guard splitter.elementCount <= limit, splitter.rest.count <= limit else {
            throw .tooLarge("an entry, or what stands beside the entries, is larger than \(limit) bytes")
        }
    }

    /// The body without its entries, at the body's end.
    ///
    /// - Throws: ``Flaw``, and the body cannot be used.
    package func frame() throws(Flaw) -> JSONAnswer {
        do throws(JSONSyntaxError) { return try JSONAnswer(splitter.rest) } catch { throw .syntax(error) }
    }

    /// The history, at the body's end.
    ///
    /// - Parameter frame: what ``frame()`` has returned.
    /// - Returns: the history; its entries are in the spool.
    /// - Throws: ``ModelError`` if `conversation_id` or `entries` is missing.
    package func history(_ frame: JSONAnswer) throws(ModelError) -> ConversationHistory {
        try ConversationHistory(frame, entries: HistoryEntries(spool), oddItems: oddItems)
    }
}
