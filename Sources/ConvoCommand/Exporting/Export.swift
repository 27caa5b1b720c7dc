import ArgumentParser
import ConvoApp
import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

struct Export: NamedVerb {
    static let name = "export"
    static let configuration = CommandConfiguration.verb(
        name,
        abstract: "Writes conversations into files: Markdown, JSON, JSON Lines or HTML.",
        discussion: """
            markdown   a file for each conversation
            json       a file for each, without loss; convo import takes it back
            jsonl      messages.jsonl, a line for each message
            html       conversations.html, with an index; it needs no network

            All conversations, or those that are named or found. A file is written only if it changes, and keeps its \
            name; what is gone here leaves its file. Signed links lose their query, but in json. Writes that are not \
            delivered are not exported.
            """.withExamples(
                "convo export",
                "convo export --search budget --format html",
                "convo export --format json --output backup --since-last"))

    @Argument(
        help: ArgumentHelp(
            "Their references (convo list), other beginnings of their ids, or @; without any, all.",
            valueName: "conversation"),
        completion: .conversation)
    var conversations: [String] = []

    @Option(help: ArgumentHelp("Those in which this search finds something (convo help search).", valueName: "query"))
    var search: String?

    @Option(
        help: "markdown, json, jsonl or html.", completion: .list(["markdown", "json", "jsonl", "html"]),
        transform: ExportFormat.named)
    var format = ExportFormat.markdown

    @Option(
        help: ArgumentHelp("The folder to write into; - is standard output, for one file.", valueName: "folder"),
        completion: .directory)
    var output = "convo-export"

    @Flag(help: "Only what has changed since the last export into the folder; markdown and json.")
    var sinceLast = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if search != nil, !conversations.isEmpty { throw ValidationError("Give conversations or --search, not both.") }
        guard sinceLast else { return }
        if output == "-" { throw ValidationError("--since-last needs a folder.") }
        if !format.isSeparate {
            throw ValidationError("--since-last is for markdown and json, which have a file for each conversation.")
        }
    }

    func run() throws {
        let (format, output) = (format, output)
        try Interruption.ending(
            common.console,
            saying: {
                output == "-"
                    ? "The document is not whole."
                    : "What is in \(output) stays, each \(format.isSeparate ? "file" : "document") whole; run it again for the rest."
            }, export)
    }

    private func export() throws {
        let store = try common.store()
        let chosen = try chosen(in: store)
        guard output == "-" else {
            let run = try ExportRun(store: store, format: format, folder: ExportFolder(output))
            return try finish(run, chosen)
        }
        guard !format.isSeparate || chosen.count == 1 else {
            throw CLIError(
                .usage, code: "several_files",
                message: "\(chosen.count) conversations make \(chosen.count) files of \(format.rawValue).",
                hint: Advice.oneDocument)
        }
        let device = TerminalDevice.standardOutput
        let output = SpooledOutput(device, spoolingIn: store.folder)
        try ExportRun.write(chosen, of: store, as: format, between: { try output.flush() }) { text in
            try output.add(device.isTerminal ? format.shown(text) : text)
        }
        try output.flush()
    }

    private func finish(_ run: ExportRun, _ chosen: ConversationList) throws {
        var run = run
        let progress = ProgressLine()
        var meter = ProgressMeter("Exporting")
        func show(_ done: Int) {
            if let line = meter.line(done, of: chosen.count) { progress.show(line) }
        }
        do {
            defer { progress.clear() }
            if format.isSeparate {
                try run.writeSeparately(chosen, sinceLast: sinceLast, progress: show)
            } else {
                let isNamed = conversations.count == 1 && chosen.count == 1
                try run.writeTogether(chosen, isNamed: isNamed, progress: show)
            }
        }
        let report = run.report
        try common.console.print(json: report.json) { _ in report.lines }
    }

    /// The conversations to export, newest activity first, or in the order in which they were named.
    private func chosen(in store: Store) throws -> ConversationList {
        if let search {
            let found = try store.conversationList(matching: search)
            guard found.count == 0 else { return found }
            throw CLIError(
                .notFound, code: "nothing_found", message: "No conversation has what --search asks for.",
                hint: Advice.searchFirst)
        }
        guard !conversations.isEmpty else { return try store.conversationList() }
        let list = try store.conversationList(
            of: conversations.map { try ConversationLookup(store: store).conversation($0) })
        // It may have been deleted since; an empty list would stand for all.
        guard list.count > 0 else { throw StoreError.noSuchConversation(conversations[0]) }
        return list
    }
}

extension ExportFormat {
    fileprivate static func named(_ name: String) throws -> ExportFormat {
        if name == "md" { return .markdown }
        guard let format = ExportFormat(rawValue: name) else {
            throw ValidationError("--format takes markdown, json, jsonl or html.")
        }
        return format
    }

    /// A piece of a document without what a terminal would obey.
    fileprivate func shown(_ text: String) -> String {
        guard self == .json || self == .jsonl else { return text.sanitised(.block) }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { JSONText.stored(String($0)).escapedForTerminal }.joined(separator: "\n")
    }
}
