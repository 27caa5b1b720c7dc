import ConvoAPI
import ConvoIPC
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// Queues what the person types, and sends it.
extension ChatSession {
    /// Sends a message, or queues it, as the turn allows.
    func send(_ text: String, for purpose: ChatPurpose) async throws {
        if case .replacement(let operation) = purpose { return try replace(operation, with: text) }
        let isElsewhere = purpose.leavesConversation
        if case .keep(let reason) = turn.handling, !isElsewhere {
            draft = text
            return say(reason)
        }
        guard let write = purpose.write(text, to: target) else { return }
        shown.wasTyped(text)
        let isSent = turn.handling == .send || isElsewhere
        try await isSent ? deliver(write) : queue(write)
    }

    /// Answers a call; the last answer sends them all.
    func answer(_ question: FunctionQuestion, _ text: String) async {
        guard case .asked(let questions) = turn, case .conversation(let id) = target else { return }
        guard !text.trimmed.isEmpty else { return say(ChatNotice.question(question)) }
        guard answers.take(text, to: question) else { return say(ChatNotice.unreadableAnswer) }
        if !question.wantsConsent { shown.wasTyped(text) }
        guard answers.next(of: questions) == nil else { return }
        let request = answers.request
        answers = FunctionAnswers()
        await attempt { try await self.deliver(.append(request, to: id)) }
    }

    private func replace(_ operation: OperationID, with text: String) throws {
        let state = try store.operation(matching: operation.rawValue).state
        try store.edit(operation, inputs: .text(text))
        if state != .queued { try store.retry(operation) }
        shown.wasTyped(text)
        turn = .queued(operation)
        say("Changed; it is sent as soon as that can be done.")
        deliverable.notify()
    }

    /// Queues a write behind others.
    private func queue(_ write: ChatWrite) throws {
        let receipt = try write.queue(in: store)
        follow(receipt)
        say(ChatNotice.behindOthers)
        deliverable.notify()
    }

    /// Queues a write, and sends it while its answer is shown.
    private func deliver(_ write: ChatWrite) async throws {
        guard case .success(let engine) = engine else {
            let receipt = try write.queue(in: store)
            follow(receipt)
            turn = .queued(receipt.operation)
            return say("Queued.")
        }
        isDelivering = true
        defer { isDelivering = false }
        let printer = console.streamPrinter
        let (receipt, item) = try await work.run { [store] in
            try await ChatSession.deliver(write, store, engine, printer)
        }
        let isShown = await printer.end()
        follow(receipt)
        try finish(item, isShown: isShown)
    }

    /// Takes the engine's lock, so that a daemon leaves the write to this process, queues the write and reads its answer.
    ///
    /// - Returns: the write afterwards; `nil` where another process keeps the lock, and delivers it.
    private static func deliver(
        _ write: ChatWrite, _ store: Store, _ engine: SyncEngine, _ printer: StreamPrinter
    ) async throws -> (QueuedWrite, OutboxItem?) {
        let turn = try await engine.takeTurn()
        let receipt = try write.queue(in: store)
        guard let turn else { return (receipt, nil) }
        let notice = WaitNotice("Still waiting for the answer") { line in
            await printer.note(line)
        }
        let streaming = Streaming(receipt.operation) { event in
            notice.wasSpoken()
            await printer.show(event)
        }
        let item = try await notice.during {
            try await engine.deliver(receipt.operation, turn: turn, streaming: streaming)
        }
        return (receipt, item)
    }

    /// Tells what became of a write, and shows what of its answer was not shown yet.
    private func finish(_ item: OutboxItem?, isShown: Bool) throws {
        guard case .conversation(let id) = target else { return }
        let end = try readEnd(of: id)
        let news = shown.news(in: end.entries.map(\.entry))
        if let item {
            if item.state == .inDoubt, item.reason?.code == "cancelled" { stopped = (item.id, nil) }
            if item.state == .delivered, !isShown {
                let ids = Set(news.filter { !$0.type.isInput && $0.type != .functionCall }.compactMap(\.id))
                show(end.entries.filter { ids.contains($0.id) }, of: end)
            } else if isShown {
                reader.show("\n")
            }
            if item.state != .refused, item.state != .held, let words = ChatNotice.outcome(of: item) { say(words) }
        } else {
            say(ChatNotice.otherProcess)
        }
        change(to: ChatTurn(pending: end.pending, entries: end.entries, stopped: stopped?.operation), end)
    }

    /// Goes on in the conversation of a write, which may be new.
    private func follow(_ receipt: QueuedWrite) {
        known.insert(receipt.operation)
        let id = receipt.conversation
        guard target != .conversation(id) else { return }
        if case .conversation = target { say("The chat goes on in \(name(of: id)).") }
        target = .conversation(id)
        LastConversation(of: store.path).note(id)
        stopped = nil
        turn = .idle
    }
}
