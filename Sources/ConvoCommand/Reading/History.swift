import ArgumentParser
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct History: Verb {
    static let configuration = CommandConfiguration.verb(
        "history",
        abstract: "All entries of a conversation in order, then what is pending.")

    @Argument(help: .conversation) var conversation: String

    @Flag(help: "Show what tools said in full.")
    var full = false

    @Flag(help: "Also what the server no longer lists.")
    var dropped = false

    @Option(help: .tail) var tail: Int?
    @Option(help: .since) var since: String?

    @OptionGroup var common: CommonOptions

    func validate() throws { try HistoryPrinter.check(tail: tail) }

    func run() throws {
        let store = try common.store()
        let id = try store.localID(matching: conversation)
        var selection = try HistoryPrinter.selection(in: store, tail: tail, since: since)
        selection.includesDropped = dropped
        let printer = HistoryPrinter(store: store, id: id, selection: selection, console: common.console)
        try printer.print(isWhole: full, files: Dictionary(grouping: try store.files(of: id), by: \.entry))
    }
}

struct Messages: Verb {
    static let configuration = CommandConfiguration.verb(
        "messages", abstract: "The messages of a conversation, without tools.")

    @Argument(help: .conversation) var conversation: String
    @Option(help: .tail) var tail: Int?
    @Option(help: .since) var since: String?
    @OptionGroup var common: CommonOptions

    func validate() throws { try HistoryPrinter.check(tail: tail) }

    func run() throws {
        let store = try common.store()
        var selection = try HistoryPrinter.selection(in: store, tail: tail, since: since)
        selection.onlyMessages = true
        try HistoryPrinter(
            store: store, id: try store.localID(matching: conversation), selection: selection, console: common.console
        ).print(isWhole: true, files: [:])
    }
}

extension ArgumentHelp {
    fileprivate static let tail = ArgumentHelp("Only the last so many.", valueName: "count")
    fileprivate static let since = ArgumentHelp(
        "Only from a day or time on: 2026-03-11, yesterday, 7d.", valueName: "when")
}

/// Prints a conversation page by page while it reads it: the first lines come at once, and a long one needs no more memory
/// than a short one.
private struct HistoryPrinter {
    let store: Store
    let id: LocalID
    let selection: HistorySelection
    let console: Console

    /// Text is written when it has so many bytes. The C library maps larger buffers anew each time.
    private static let pieceBytes = 48 << 10

    static func check(tail: Int?) throws {
        if let tail, tail < 0 { throw ValidationError("--tail must not be negative.") }
    }

    static func selection(in store: Store, tail: Int?, since: String?) throws -> HistorySelection {
        var selection = HistorySelection()
        selection.last = tail
        do throws(StoreError) {
            if let since { selection.since = try store.moment(since, for: "since") }
        } catch {
            guard case .unreadableMoment(_, _) = error else { throw error }
            throw ValidationError(
                "--since takes a day or a time: 2026-03-11, 2026-03, yesterday, 7d, 12h or 2026-03-11T10:00.")
        }
        return selection
    }

    func print(isWhole: Bool, files: [EntryID: [StoredFile]]) throws {
        let conversation = try store.conversation(matching: id.rawValue)
        guard !console.asJSON else { return try printJSON(conversation) }
        let formatter = HistoryFormatter(style: console.style, isWhole: isWhole, files: files)
        try console.pageMade { write in
            var text = Console.text(formatter.heading(conversation))
            func writeOut() throws {
                try write(text)
                text.removeAll()
            }
            let pending = try forEachPage { page in
                for entry in page.entries {
                    text.add("")
                    formatter.add(entry, to: &text)
                    if text.bytes.count > HistoryPrinter.pieceBytes { try writeOut() }
                }
                try writeOut()
            }
            for item in pending { formatter.add(item, to: &text) }
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
            var (text, isFirst) = ("", true)
            func writeOut() throws {
                try write(text)
                text.removeAll(keepingCapacity: true)
            }
            let pending = try forEachPage { page in
                for entry in page.entries {
                    if !isFirst { text += "," }
                    isFirst = false
                    text += entry.entry.raw.text
                    if text.utf8.count > HistoryPrinter.pieceBytes { try writeOut() }
                }
                try writeOut()
            }
            try write("],\"pending\":" + JSONText.array(pending.map(\.pendingJSON)).text + "}")
        }
    }

    /// - Returns: the pending writes, which the last page tells.
    private func forEachPage(_ body: (HistoryPage) throws -> Void) throws -> [OutboxItem] {
        var page = try store.historyPage(of: id, selection, limit: 20)  // the first screen comes at once
        while true {
            try body(page)
            guard let next = page.next else { return page.pending }
            page = try store.historyPage(of: id, selection, from: next)
        }
    }
}
