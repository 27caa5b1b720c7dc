import ConvoApp
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// A chat on a terminal: reads what the person types, queues and sends it, and shows what comes back, whoever brings it.
actor ChatSession {
    /// How many entries of the conversation's end are followed.
    static let tail = 50
    /// How many of them are shown when a conversation is opened.
    private static let context = 6
    /// How many lines those may take.
    private static let contextLines = 40

    let store: Store
    let engine: Result<SyncEngine, any Error>
    let reader: LineReader
    let lines: TypedLinesFile
    let work: InterruptibleWork
    let console: Console
    let deliverable = AsyncEvent()

    var target: ChatTarget
    var turn = ChatTurn.idle
    var purpose = ChatPurpose.message
    var answers = FunctionAnswers()
    var shown = ShownEntries()
    /// The writes that were queued here, or shown.
    var known: Set<OperationID> = []
    /// What stands in the line from the start, the next time one is read.
    var draft = ""
    /// The write whose answer the person has stopped, and the answer once it is here.
    var stopped: (operation: OperationID, answer: EntryID?)?
    /// Why the conversation could not be read the last time, so that it is told once.
    var trouble: CLIError?
    /// Whether a write is being sent and its answer read: then nothing else is shown.
    var isDelivering = false

    init(
        store: Store, engine: Result<SyncEngine, any Error>, target: ChatTarget, reader: LineReader,
        lines: TypedLinesFile, work: InterruptibleWork, console: Console
    ) {
        (self.store, self.engine, self.target, self.reader) = (store, engine, target, reader)
        (self.lines, self.work, self.console) = (lines, work, console)
    }

    /// Talks until the person ends it.
    ///
    /// - Throws: ``StoreError`` if the conversation cannot be read at the beginning; what goes wrong later is told, and the
    ///   chat goes on.
    func run() async throws {
        let follower = try ChatFollower(store)
        try greet()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await follower.run { await self.refresh() } }
            if case .success(let engine) = engine {
                let courier = ChatCourier(store: store, engine: engine, event: deliverable)
                group.addTask {
                    await courier.run(next: { await self.undelivered }, attempted: { await self.refresh() })
                }
            }
            await talk()
            group.cancelAll()
        }
        sayGoodbye()
    }

    private var undelivered: OperationID? { isDelivering ? nil : turn.undelivered }

    /// Reads lines until there are no more, or `/quit`.
    private func talk() async {
        var assembly = MessageAssembly()
        while true {
            let purpose = nextPurpose()
            let prompt = LinePrompt(
                console.style.ansi.person(assembly.isOpen ? "… " : purpose.prompt), draft: draft.sanitisedDraft)
            draft = ""
            switch await reader.read(prompt) {
            case .line(let line):
                guard let text = assembly.take(line) else { continue }
                guard await take(text, for: purpose) else { return }
            case .interrupted: (assembly, self.purpose) = (MessageAssembly(), .message)
            case .recalled: continue
            case .unreadable(let reason): say(reason)
            case .ended: return
            }
        }
    }

    /// What the next line is for: a question that is open goes before anything that the person began.
    private func nextPurpose() -> ChatPurpose {
        guard purpose == .message, case .asked(let questions) = turn else { return purpose }
        return answers.next(of: questions).map { ChatPurpose.answer(to: $0) } ?? purpose
    }

    /// Takes a line.
    ///
    /// - Returns: whether the chat goes on.
    private func take(_ text: String, for purpose: ChatPurpose) async -> Bool {
        if case .answer(let question) = purpose, text.first != "/" || text.hasPrefix("//") {
            await answer(question, text.hasPrefix("//") ? String(text.dropFirst()) : text)
            return true
        }
        switch ChatInput(text) {
        case .nothing:
            if self.purpose != .message { say("Nothing is changed.") }
            self.purpose = .message
        case .mistake(let message):
            reader.remember(text)
            say(message)
        case .command(.quit): return false
        case .command(let command):
            remember(text)
            self.purpose = .message
            await attempt { try await self.perform(command) }
        case .message(let message):
            remember(text)
            self.purpose = .message
            await attempt { try await self.send(message, for: purpose) }
        }
        return true
    }

    /// Does work whose failure is told, and does not end the chat.
    func attempt(_ work: () async throws -> Void) async {
        do { try await work() } catch { show(ChatSession.failure(error)) }
    }

    func show(_ failure: CLIError) { reader.show(failure.text(ansi: console.style.ansi) + "\n") }

    static func failure(_ error: any Error) -> CLIError {
        CLIError(error) ?? CLIError(.internal, code: "internal", message: "\(error)")
    }

    private func remember(_ text: String) {
        reader.remember(text)
        lines.add(text)
    }

    // MARK: - What is shown

    /// Shows a sentence beside the conversation.
    func say(_ text: String) {
        let style = console.style
        let width = max(style.textWidth - 2, 10)
        let lines = text.sanitised(.line).wrapped(to: width)
        reader.show(lines.map { style.ansi.faint($0) + "\n" }.joined())
    }

    /// Shows entries with their numbers, behind an empty line each.
    func show(_ entries: [StoredEntry], of end: End) {
        reader.show(lines(of: entries, end).map { $0 + "\n" }.joined() + "\n")
    }

    var renderer: HistoryRenderer {
        let style = console.style
        return HistoryRenderer(
            HistoryFormatter(style: style, isWhole: false), style: style, rich: console.richStyle(style))
    }

    private func lines(of entries: [StoredEntry], _ end: End) -> [String] {
        var (renderer, text) = (renderer, LineText())
        for entry in entries { renderer.add(entry, number: end.number(of: entry.id), to: &text) }
        return text.lines
    }

    /// Shows the end of what was said before, a screen or two of it.
    private func showContext(_ end: End) {
        let lines = lines(of: end.entries.suffix(ChatSession.context), end)
        if lines.count > ChatSession.contextLines { reader.show("…\n") }
        reader.show(lines.suffix(ChatSession.contextLines).map { $0 + "\n" }.joined() + "\n")
    }

    private func greet() throws {
        if let limitation = reader.limitation { say(limitation) }
        if case .failure(let error) = engine { say(ChatNotice.unsendable(error)) }
        switch target {
        case .new(let model, let agent):
            say("A new conversation with \(model ?? agent ?? "nobody"). /help lists commands.")
        case .conversation(let id):
            let end = try readEnd(of: id)
            reader.show(renderer.heading(end.conversation).map { $0 + "\n" }.joined())
            _ = shown.news(in: end.entries.map(\.entry))
            showContext(end)
            showPending(end.pending)
            change(to: ChatTurn(pending: end.pending, entries: end.entries, stopped: nil), end)
        }
    }

    private func sayGoodbye() {
        guard case .conversation(let id) = target else { return }
        let count = (try? store.conversation(matching: id.rawValue))?.pendingCount ?? 0
        if count > 0 {
            say(
                "\(count == 1 ? "A message stays" : "\(count) messages stay") queued: convod or `convo sync` delivers "
                    + (count == 1 ? "it." : "them."))
        }
        say("`convo chat \(name(of: id))` goes on with this conversation.")
    }

    /// What a person may call the conversation: its reference, or its id where that can't be read.
    func name(of id: LocalID) -> String { (try? store.references(of: [id])[id]) ?? id.rawValue }
}

extension String {
    /// The text without characters that a terminal would obey, since a draft may have come from a server.
    fileprivate var sanitisedDraft: String { sanitised(.block) }
}
