import ArgumentParser
import ConvoApp
import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// A word that a shell may put in place of what was typed so far, and what it means.
struct Completion: Equatable {
    let word: String
    let meaning: String

    /// The largest width of a meaning, in columns.
    private static let meaningLimit = 60

    init(_ word: String, _ meaning: String = "") {
        self.word = word
        self.meaning = meaning.sanitised(.line).truncated(to: Completion.meaningLimit)
    }

    /// The completion as the shell's script takes it; bash shows no meanings.
    func text(for shell: String?) -> String {
        switch shell {
        case "zsh":
            let escaped = word.map { $0 == ":" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
            return meaning.isEmpty ? escaped : "\(escaped):\(meaning)"
        case "fish": return meaning.isEmpty ? word : "\(word)\t\(meaning)"
        default: return word
        }
    }

    /// Whether a script can pass it on: without line ends and control characters, which would become other words.
    var isUsable: Bool { !word.isEmpty && word.sanitised(.line) == word }
}

extension CompletionKind {
    /// Conversations, the ones with the newest activity first; ids of the server where one is typed.
    ///
    /// A reference that is shorter than what was typed would complete nothing: the whole id stands for it then.
    static let conversation = reading { store, _, typed in
        let conversations = try store.recentConversations()
        let references = try store.references(of: conversations.map(\.id))
        return conversations.compactMap { conversation in
            let (title, reference) = (conversation.title, references[conversation.id])
            guard typed.hasPrefix("conv_") else {
                return Completion(typed.count > reference.count ? conversation.id.rawValue : reference, title)
            }
            return conversation.remoteID.map { Completion($0.rawValue, title) }
        }
    }

    /// The entries of the conversation on the line, the newest first.
    static let entry = reading { store, line, _ in
        guard let name = line.positionals.first else { return [] }
        var selection = HistorySelection()
        selection.last = Completion.limit
        let id = try ConversationLookup(store: store, remembers: false).conversation(name)
        let page = try store.historyPage(of: id, selection, limit: Completion.limit)
        return page.entries.reversed().compactMap { stored in
            stored.entry.id.map { id in
                Completion(id.rawValue, "\(stored.entry.role ?? stored.entry.type.rawValue): \(stored.entry.text)")
            }
        }
    }

    /// The writes that are not delivered.
    static let operation = reading { store, _, _ in
        try store.outbox().map { Completion($0.id.rawValue, "\($0.kind.rawValue), \($0.state.words)") }
    }

    /// The files that entries refer to.
    static let storedFile = reading { store, _, _ in
        try store.files().suffix(Completion.limit).reversed().map { Completion(String($0.key), $0.name ?? "") }
    }

    /// The tags, the most used first.
    static let tag = reading { store, _, _ in
        try store.tags().map { Completion($0.tag, "\($0.conversations)") }
    }

    /// The models of the conversations here, the most used first.
    static let model = reading { store, _, _ in try store.answerers().models.map { Completion($0) } }

    /// The agents of the conversations here, the most used first.
    static let agent = reading { store, _, _ in try store.answerers().agents.map { Completion($0) } }

    /// The profiles of the config file.
    static let profile = CompletionKind.custom { words, index, _ in
        Completion.made {
            let line = CompletionLine(words, completing: index)
            return try ConfigurationEdit(overrides: line.settingOverrides, in: .ofThisProcess()).profiles().map {
                Completion($0)
            }
        }
    }

    /// The names of the settings.
    static let settings = CompletionKind.custom { _, _, _ in
        Completion.made { Setting.allCases.map { Completion($0.rawValue, $0.summary) } }
    }

    /// The values of the setting on the line: those of a fixed choice, profiles and models.
    static let settingValues = CompletionKind.custom { words, index, typed in
        let line = CompletionLine(words, completing: index)
        switch line.positionals.first.flatMap({ try? Setting(named: $0) }) {
        case .conflict: return Completion.made { ConflictPolicy.allCases.map { Completion($0.rawValue) } }
        case .defaultProfile:
            return Completion.made {
                try ConfigurationEdit(overrides: line.settingOverrides, in: .ofThisProcess()).profiles().map {
                    Completion($0)
                }
            }
        case .model: return Completion.read(line) { try $0.answerers().models.map { Completion($0) } }
        case .agent: return Completion.read(line) { try $0.answerers().agents.map { Completion($0) } }
        default: return []
        }
    }

    private static func reading(
        _ make: @escaping @Sendable (Store, CompletionLine, _ typed: String) throws -> [Completion]
    ) -> CompletionKind {
        .custom { words, index, typed in
            let line = CompletionLine(words, completing: index)
            return Completion.read(line) { try make($0, line, typed) }
        }
    }
}

extension Completion {
    /// The largest number of completions: more than anybody reads.
    static let limit = 200

    /// Completions from the database that the line means, which is neither made nor changed.
    ///
    /// - Returns: nothing where it cannot be read: a shell that completes is no place for an error.
    fileprivate static func read(_ line: CompletionLine, _ make: (Store) throws -> [Completion]) -> [String] {
        made {
            let settings = try Settings(overrides: line.settingOverrides, in: .ofThisProcess())
            guard access(settings.database, R_OK) == 0 else { return [] }
            return try make(Store(reading: settings.database))
        }
    }

    fileprivate static func made(_ make: () throws -> [Completion]) -> [String] {
        let shell = CompletionShell.requesting?.rawValue
        return ((try? make()) ?? []).filter(\.isUsable).prefix(limit).map { $0.text(for: shell) }
    }
}

extension Store {
    fileprivate func recentConversations() throws -> [StoredConversation] {
        var found: [StoredConversation] = []
        try forEachConversation(limit: Completion.limit) { found += $0 }
        return found
    }
}
