import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// Follows the conversation, whichever process changes it.
extension ChatSession {
    /// The end of a conversation, as of one moment.
    struct End {
        let conversation: StoredConversation
        let entries: [StoredEntry]
        let pending: [OutboxItem]

        /// The number of an entry in the conversation; `nil` where it is not at its end.
        func number(of id: EntryID) -> Int? {
            entries.firstIndex { $0.id == id }.map { conversation.entryCount - entries.count + $0 + 1 }
        }
    }

    func readEnd(of id: LocalID) throws(StoreError) -> End {
        var selection = HistorySelection()
        selection.last = ChatSession.tail
        var page = try store.historyPage(of: id, selection)
        var entries = page.entries
        while let next = page.next {
            page = try store.historyPage(of: id, selection, from: next)
            entries += page.entries
        }
        return End(
            conversation: try store.conversation(matching: id.rawValue), entries: entries, pending: page.pending)
    }

    /// Reads what has changed, and shows what is new; does nothing while an answer is being read.
    func refresh() {
        guard !isDelivering, case .conversation(let id) = target else { return }
        do {
            let end = try readEnd(of: id)
            trouble = nil
            showPending(end.pending)
            showNews(shown.news(in: end.entries.map(\.entry)), of: end)
            change(to: ChatTurn(pending: end.pending, entries: end.entries, stopped: stopped?.operation), end)
        } catch {
            let failure = ChatSession.failure(error)
            if failure != trouble { show(failure) }
            trouble = failure
        }
    }

    /// Shows the writes that others have queued: their answers come before the server tells the messages themselves.
    func showPending(_ pending: [OutboxItem]) {
        var renderer = renderer
        for item in pending where known.insert(item.id).inserted {
            if let text = item.inputs.string { shown.wasTyped(text) }
            var text = LineText()
            renderer.add(item, to: &text)
            reader.show(String(decoding: text.bytes, as: UTF8.self))
        }
    }

    /// Shows new entries, but not the answer that the person has stopped, and no calls, about which the person is asked.
    private func showNews(_ news: [Entry], of end: End) {
        var ids = Set(news.filter { $0.type != .functionCall }.compactMap(\.id))
        if let stopped {
            let entries = end.entries.map(\.entry)
            let own = ShownEntries.turn(
                of: ids.subtracting(answers(besides: stopped.operation)), in: entries, behind: stopped.answer)
            let answer = entries.last { $0.type == .messageOutput && own.contains($0.id) }?.id
            if let answer { self.stopped?.answer = answer }
            ids.subtract(own.compactMap { $0 })
        }
        guard !ids.isEmpty else { return }
        show(end.entries.filter { ids.contains($0.id) }, of: end)
    }

    /// The entries with which the server has answered other writes: their messages may come later.
    private func answers(besides stopped: OperationID) -> Set<EntryID> {
        let responses = known.subtracting([stopped]).compactMap { try? store.response(to: $0) }
        return Set(responses.flatMap { $0["outputs"]?.elements ?? [] }.compactMap { Entry(raw: $0).id })
    }

    /// Tells where the answer is that the person has stopped; it may come after the write is known to be delivered.
    private func settle(_ stopped: (operation: OperationID, answer: EntryID?), _ next: ChatTurn, _ end: End) {
        if let number = stopped.answer.flatMap(end.number) {
            say(ChatNotice.stoppedAnswer(number: number))
        } else if (try? store.operation(matching: stopped.operation.rawValue))?.state == .delivered {
            // A call of a function may be the whole answer.
            guard case .asked = next else { return }
        }
        self.stopped = nil
    }

    /// Goes on to another turn, and tells the person what that means for them.
    func change(to next: ChatTurn, _ end: End) {
        let before = turn
        turn = next
        if let stopped, !end.pending.contains(where: { $0.id == stopped.operation }) { settle(stopped, next, end) }
        guard next != before else { return }
        switch next {
        case .blocked(let id):
            if let item = end.pending.first(where: { $0.id == id }) { say(ChatNotice.blocked(by: item)) }
        case .asked(let questions):
            answers = FunctionAnswers()
            for question in questions { say(ChatNotice.question(question)) }
            reader.recall()
        case .queued, .stopped: deliverable.notify()
        case .idle, .streaming: break
        }
    }
}
