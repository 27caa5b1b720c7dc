import ConvoExport
import ConvoModel
import ConvoStore
import ConvoTerminal

/// The commands of a chat.
extension ChatSession {
    func perform(_ command: ChatCommand) async throws {
        switch command {
        case .help: reader.show(ChatCommand.help(console.style.textWidth).map { $0 + "\n" }.joined())
        case .branch(let number): try branch(number)
        case .edit(let number): try edit(number)
        case .cancel: try cancel()
        case .model(let name): try model(name)
        case .copy(let number): try copy(number)
        case .name(let name):
            try store.rename(try conversation(), to: name.isEmpty ? nil : name)
            say(name.isEmpty ? "The name of your own is gone." : "Named, here only.")
        case .quit: break  // ended the chat before
        }
    }

    private func branch(_ number: Int?) throws {
        let id = try conversation()
        let (entry, place) = try self.entry(number, in: id) { _ in true }
        purpose = .branch(of: id, from: entry.id, number: place)
        say("Your next message goes on from #\(place), in a branch. Ctrl-C stays here.")
    }

    private func edit(_ number: Int?) throws {
        let id = try conversation()
        if number == nil, let item = try changeable(in: id) {
            guard let text = item.inputs.string else {
                throw ChatSession.unsuitable(
                    "The message that waits is not a text.", "Use `convo outbox edit \(item.id)`.")
            }
            purpose = .replacement(of: item.id)
            draft = text
            return
        }
        let (entry, place) = try self.entry(number, in: id) { $0.type == .messageInput }
        guard entry.entry.type == .messageInput else {
            throw ChatSession.unsuitable("#\(place) is not a message of yours.", "/edit #N changes one of those.")
        }
        draft = entry.entry.text
        guard place > 1 else {
            let conversation = try store.conversation(matching: id.rawValue)
            purpose = .beginning(model: conversation.model, agent: conversation.agentID)
            return say(
                "#1 has nothing before it: the changed message begins a new conversation, without instructions of this one. Ctrl-C stays here."
            )
        }
        let before = try self.entry(place - 1, in: id) { _ in true }
        purpose = .branch(of: id, from: before.entry.id, number: place - 1)
    }

    private func cancel() throws {
        let id = try conversation()
        guard let item = try changeable(in: id) else {
            return say("No message waits that could be taken back.")
        }
        let cancelled = try store.cancel(item.id)
        say(cancelled.count == 1 ? "Taken back." : "Taken back, with \(cancelled.count - 1) that needed it.")
        if item.kind.makesConversation {
            target = try ChatSession.origin(of: item, in: store)
            turn = .idle
        }
    }

    /// The write that keeps all others from being sent, or else the last that a person can still change.
    private func changeable(in id: LocalID) throws -> OutboxItem? {
        let pending = try readEnd(of: id).pending
        if case .blocked(let blocked) = turn, let item = pending.first(where: { $0.id == blocked }) { return item }
        return pending.last(where: \.isChangeable)
    }

    /// Where a chat goes on whose conversation was never made.
    private static func origin(of item: OutboxItem, in store: Store) throws -> ChatTarget {
        let request = StartRequest(json: item.request)
        if request.model != nil || request.agentID != nil { return .new(model: request.model, agent: request.agentID) }
        guard let parent = item.parentRemoteID else { return .new(model: nil, agent: nil) }
        return .conversation(try store.localID(matching: parent.rawValue))
    }

    private func model(_ name: String?) throws {
        guard let name else {
            switch target {
            case .new(let model, let agent): return say("\(model ?? agent ?? "Nobody") answers.")
            case .conversation(let id):
                let conversation = try store.conversation(matching: id.rawValue)
                return say("\(conversation.answerer.isEmpty ? "It is not known who" : conversation.answerer) answers.")
            }
        }
        if case .conversation = target {
            say("A conversation keeps its model. Your next message begins a new conversation with \(name).")
        } else {
            say("\(name) answers.")
        }
        target = .new(model: name, agent: nil)
        (purpose, turn, stopped) = (.message, .idle, nil)
    }

    private func copy(_ number: Int?) throws {
        let (entry, place) = try self.entry(number, in: try conversation()) { $0.type == .messageOutput }
        let text = entry.entry.text
        guard !text.isEmpty else {
            throw ChatSession.unsuitable("#\(place) has no text.", "/copy #N takes another entry.")
        }
        guard text.utf8.count <= ChatSession.clipboardLimit else {
            throw ChatSession.unsuitable(
                "#\(place) is too long for a terminal's clipboard.", "`convo history` shows it whole.")
        }
        // > "OSC 52 ; Pc ; Pd … The second, Pd, gives the selection data … encoded in base64" XTerm Control Sequences
        reader.show("\u{1B}]52;c;\(Base64.text(of: Array(text.utf8)))\u{07}")
        say("#\(place) is on the clipboard, if the terminal allows it.")
    }

    /// xterm takes no more bytes than this, in base64.
    private static let clipboardLimit = 74_994 / 4 * 3

    // MARK: - Entries

    private func conversation() throws -> LocalID {
        guard case .conversation(let id) = target else {
            throw ChatSession.unsuitable("The conversation has not begun.", "Type a message first.")
        }
        return id
    }

    /// An entry, by its number or as the last that is suitable.
    private func entry(
        _ number: Int?, in id: LocalID, isSuitable: (Entry) -> Bool
    ) throws -> (entry: StoredEntry, number: Int) {
        guard let number else {
            let end = try readEnd(of: id)
            guard let last = end.entries.last(where: { isSuitable($0.entry) }), let place = end.number(of: last.id)
            else {
                throw ChatSession.unsuitable("There is no such entry yet.", "Name one by its number: #N.")
            }
            return (last, place)
        }
        for _ in 0..<ChatSession.numberingTries {
            let count = try store.conversation(matching: id.rawValue).entryCount
            var selection = HistorySelection()
            selection.last = count - number + 1
            guard number <= count, let entry = try store.historyPage(of: id, selection, limit: 1).entries.first else {
                throw CLIError(
                    .notFound, code: "no_such_entry", message: "There is no entry #\(number).",
                    hint: count == 1 ? "There is one entry, #1." : "There are \(count) entries.")
            }
            // Entries that came between the two reads count, too.
            if try store.entryNumber(of: entry.id, in: id) == number { return (entry, number) }
        }
        throw ChatSession.unsuitable("The conversation changes too fast.", "Try again.")
    }

    /// How often an entry is looked up by its number while others come.
    private static let numberingTries = 5

    private static func unsuitable(_ message: String, _ hint: String) -> CLIError {
        CLIError(.badData, code: "unsuitable_entry", message: message, hint: hint)
    }
}

extension OutboxItem {
    /// Whether a person can still change it or take it back.
    fileprivate var isChangeable: Bool { kind != .delete && [.queued, .refused, .held].contains(state) }
}
