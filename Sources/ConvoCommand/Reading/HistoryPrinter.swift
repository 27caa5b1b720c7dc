import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// Prints a conversation page by page while it reads it: the first lines come at once, and a long one needs no more memory
/// than a short one.
struct HistoryPrinter {
    private let store: Store
    private let id: LocalID
    private let request: HistoryRequest
    private let selection: HistorySelection
    private let console: Console

    /// The printer writes a rendered text as soon as it has so many bytes: the C library maps larger buffers anew each time.
    private static let pieceBytes = 48 << 10

    /// - Parameters:
    ///   - conversation: what the person calls the conversation; behind an entry's number, what begins with that entry.
    ///   - request: which entries are printed.
    ///   - store: has the conversation.
    ///   - console: where it is printed.
    /// - Throws: what says that there is no such conversation, or that the request names no moment.
    init(of conversation: String, _ request: HistoryRequest, in store: Store, _ console: Console) throws {
        (self.store, self.request, self.console) = (store, request, console)
        let entry: EntryID?
        (id, entry) = try ConversationLookup(store: store).conversationAndEntry(conversation)
        var selection = try HistoryPrinter.selection(in: store, request)
        selection.firstEntry = entry
        self.selection = selection
    }

    static func check(tail: Int?) throws {
        if let tail, tail < 0 { throw ValidationError("--tail must not be negative.") }
    }

    private static func selection(in store: Store, _ request: HistoryRequest) throws -> HistorySelection {
        var selection = HistorySelection()
        selection.last = request.tail
        selection.onlyMessages = request.onlyMessages
        selection.includesDropped = request.includesDropped
        if let since = request.since { selection.since = try store.since(since) }
        return selection
    }

    /// Prints the conversation: as JSON where that is asked for, or else for people.
    ///
    /// - Parameter isRendered: whether Markdown is laid out and entries are numbered; if not, texts are printed as they stand.
    /// - Throws: what the store and standard output throw.
    func print(isRendered: Bool) throws {
        let conversation = try store.conversation(matching: id.rawValue)
        guard !console.asJSON else { return try printJSON(conversation) }
        // Messages name their files themselves where these are not looked up.
        let files = request.onlyMessages && !isRendered ? [] : try store.files(of: id)
        let formatter = HistoryFormatter(
            style: console.style, isWhole: request.isWhole, files: Dictionary(grouping: files, by: \.entry),
            references: isRendered ? try references(of: conversation) : References())
        try isRendered ? printRendered(conversation, formatter) : printPlain(conversation, formatter)
    }

    /// What the conversation, its parent and the writes that wait are called.
    private func references(of conversation: StoredConversation) throws -> References {
        let pending = conversation.pendingCount > 0 ? try store.pendingWrites(in: [id])[id] ?? [] : []
        return try store.references(
            of: [id] + [conversation.parent?.conversation].compactMap(\.self), pending.map(\.id))
    }

    private func printPlain(_ conversation: StoredConversation, _ formatter: HistoryFormatter) throws {
        try console.pageMade { write in
            try write(Console.text(formatter.heading(conversation)))
            let pending = try forEachText(LineText(), write) { page, text in
                text.removeAll()
                for entry in page.entries {
                    text.add("")
                    formatter.add(entry, to: &text)
                }
            }
            var text = LineText()
            for item in pending { formatter.add(item, to: &text) }
            try write(text)
        }
    }

    private func printRendered(_ conversation: StoredConversation, _ formatter: HistoryFormatter) throws {
        let style = console.style
        let rich = console.richStyle(style)
        try console.pageMade { write in
            var renderer = HistoryRenderer(formatter, style: style, rich: rich)
            var text = Console.text(renderer.heading(conversation))
            func writeOut() throws {
                try write(text)
                text.removeAll()
            }
            let pending = try forEachNumberedEntry { entry, number in
                renderer.add(entry, number: number, to: &text)
                if text.bytes.count > HistoryPrinter.pieceBytes { try writeOut() }
            } atPageEnd: {
                try writeOut()
            }
            for item in pending { renderer.add(item, to: &text) }
            try writeOut()
        }
    }

    /// The API's `conversation.history` or `conversation.messages`, each entry as the server wrote it, with the local `id`
    /// and the `pending` writes.
    private func printJSON(_ conversation: StoredConversation) throws {
        try console.printMade { write in
            let members: [(String, JSONText)] = [
                ("object", .string(selection.onlyMessages ? "conversation.messages" : "conversation.history")),
                ("id", .string(conversation.id.rawValue)),
                ("conversation_id", .string(conversation.remoteID?.rawValue)),
            ]
            try write(
                JSONText.object(members).text.dropLast()
                    + (selection.onlyMessages ? ",\"messages\":[" : ",\"entries\":["))
            var isFirst = true
            let pending = try forEachText("") { (text: String) in
                try write(isFirst ? String(text.dropFirst()) : text)
                isFirst = isFirst && text.isEmpty
            } of: { page, text in
                text.removeAll(keepingCapacity: true)
                for entry in page.entries {
                    text += ","
                    text += entry.entry.raw.text
                }
            }
            try write("],\"pending\":" + JSONText.array(pending.map(\.pendingJSON)).text + "}")
        }
    }

    /// How many entries are read and written at first, so that the first screen comes at once.
    private static let firstPage = 20

    /// Writes the text of each page of the selection; of more than two pages, those that follow are read ahead.
    ///
    /// - Returns: the pending writes, which the last page tells.
    private func forEachText<Text: Sendable>(
        _ empty: Text, _ write: (Text) throws -> Void, of make: @escaping @Sendable (HistoryPage, inout Text) -> Void
    ) throws -> [OutboxItem] {
        var page = try store.historyPage(of: id, selection, limit: HistoryPrinter.firstPage)
        var text = empty
        func writePage() throws {
            make(page, &text)
            try write(text)
        }
        try writePage()
        guard let second = page.next else { return page.pending }
        page = try store.historyPage(of: id, selection, from: second)
        try writePage()
        guard let third = page.next else { return page.pending }
        var made = (text: text, pending: page.pending)
        var texts = TextsAhead<HistoryPage.Cursor, HistoryPage, (text: Text, pending: [OutboxItem])>(
            from: third, (empty, [])
        ) { [store, id, selection] place in
            let page = try store.historyPage(of: id, selection, from: place)
            return (page, page.next)
        } _: { page, made in
            make(page, &made.text)
            made.pending = page.pending
        }
        while try texts.next(&made) { try write(made.text) }
        return made.pending
    }

    private func forEachPage(
        _ selection: HistorySelection, from start: HistoryPage.Cursor?, _ body: (HistoryPage) throws -> Void
    ) throws -> [OutboxItem] {
        var page = try store.historyPage(of: id, selection, from: start, limit: HistoryPrinter.firstPage)
        while true {
            try body(page)
            guard let next = page.next else { return page.pending }
            page = try store.historyPage(of: id, selection, from: next)
        }
    }

    /// Hands on each entry of the selection with its number in the conversation, which is `nil` where the server no longer
    /// lists the entry.
    ///
    /// - Returns: the pending writes.
    private func forEachNumberedEntry(
        _ body: (StoredEntry, Int?) throws -> Void, atPageEnd: () throws -> Void
    ) throws -> [OutboxItem] {
        let isWhole =
            request.tail == nil && request.since == nil && selection.firstEntry == nil && !request.onlyMessages
        // A page without room has no entries, and tells where the first one stands.
        let start = isWhole ? nil : try store.historyPage(of: id, selection, limit: 0).next
        guard isWhole || start != nil else { return try forEachPage(selection, from: nil) { _ in } }
        var number = try start.map { try store.entryCount(before: $0, in: id) } ?? 0
        // What is not shown is read, too, because it is counted.
        var all = HistorySelection()
        all.includesDropped = selection.includesDropped
        return try forEachPage(all, from: start) { page in
            for entry in page.entries {
                if entry.droppedAt == nil { number += 1 }
                guard !request.onlyMessages || entry.entry.type.isMessage else { continue }
                try body(entry, entry.droppedAt == nil ? number : nil)
            }
            try atPageEnd()
        }
    }
}

/// What a person asks to see of a conversation.
struct HistoryRequest {
    /// Only so many entries from the end; `nil` for all.
    var tail: Int?
    /// The day or the time from which on; `nil` for all.
    var since: String?
    var includesDropped = false
    var onlyMessages = false
    /// Whether what the model thought and what tools said is shown in full.
    var isWhole = false
}
