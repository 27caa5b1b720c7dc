import ConvoApp
import ConvoModel
import ConvoStore
import ConvoTerminal

/// Finds the conversation that a person means, and remembers it as the last one used.
///
/// A person may give its reference or any other beginning of its ids, and `@` or `-` for the last conversation used. A number of an
/// entry may follow, as a search shows it: `a8p3#12`.
struct ConversationLookup {
    /// How many conversations an error offers.
    private static let candidateLimit = 5

    let store: Store
    /// Whether the conversation becomes the one that was used last.
    var remembers = true

    /// The conversation that is meant, by a name without the number of an entry.
    ///
    /// - Parameter name: what the person gave.
    /// - Returns: its local id.
    /// - Throws: ``CLIError`` that offers others where there is none, or several; ``StoreError`` if the file cannot be
    ///   read.
    func conversation(_ name: String) throws -> LocalID {
        let (whole, number) = ConversationLookup.parts(of: name)
        guard number == nil else {
            throw CLIError(
                .usage, code: "names_an_entry",
                message: "\"\(name)\" names an entry, and this is for a whole conversation.",
                hint: "Give \"\(whole)\"; `convo restart \(name) TEXT` goes on from that entry.")
        }
        return try conversationAndEntry(name).conversation
    }

    /// The conversation that is meant, and the entry in it if a number follows.
    ///
    /// - Parameter name: what the person gave.
    /// - Returns: the conversation's local id; the entry's id, `nil` if no number follows.
    /// - Throws: as ``conversation(_:)``, and ``CLIError`` if there is no entry with that number.
    func conversationAndEntry(_ name: String) throws -> (conversation: LocalID, entry: EntryID?) {
        let (name, number) = ConversationLookup.parts(of: name)
        let id = try name == "@" || name == "-" ? last(name) : find(name)
        let entry = try number.map { try self.entry(numbered: $0, in: id) }
        if remembers { LastConversation(of: store.path).note(id) }
        return (id, entry)
    }

    /// The conversation's name without the number of an entry, and that number; `nil` where none follows.
    static func parts(of name: String) -> (name: String, number: Int?) {
        guard let sign = name.lastIndex(of: "#"), sign > name.startIndex,
            let number = Int(entryNumber: name[name.index(after: sign)...])
        else { return (name, nil) }
        return (String(name[..<sign]), number)
    }

    /// The entry that is meant by `#12`, `12`, its id or a beginning of that.
    ///
    /// - Parameters:
    ///   - name: what the person gave.
    ///   - id: the conversation.
    /// - Returns: the entry's id.
    /// - Throws: ``CLIError`` where there is none, or several; ``StoreError`` if the file cannot be read.
    func entry(_ name: String, in id: LocalID) throws -> EntryID {
        if name.hasPrefix("#"), let number = Int(entryNumber: name.dropFirst()) {
            return try entry(numbered: number, in: id)
        }
        guard !name.isEmpty else { throw StoreError.noSuchEntry(name, conversation: id) }
        let ids = try store.entryIDs(beginningWith: name, in: id, limit: ConversationLookup.candidateLimit + 1)
        guard let first = ids.first else {
            guard let number = Int(entryNumber: name[...]) else {
                throw StoreError.noSuchEntry(name, conversation: id)
            }
            return try entry(numbered: number, in: id)
        }
        guard ids.count == 1 else {
            let candidates = ids.prefix(ConversationLookup.candidateLimit).map(\.rawValue).joined(separator: ", ")
            throw CLIError(
                .usage, code: "ambiguous_entry", message: "\"\(name)\" could be any of \(candidates).",
                hint: "Give more of the id, or its number: `convo show \(id)`.")
        }
        return first
    }

    private func entry(numbered number: Int, in id: LocalID) throws -> EntryID {
        if let entry = try store.entryID(numbered: number, in: id) { return entry }
        let count = try store.conversation(matching: id.rawValue).entryCount
        let reference = try store.references(of: [id])[id]
        throw CLIError(
            .notFound, code: "no_such_entry", message: "Conversation \(reference) has no entry #\(number).",
            hint: count == 0 ? "It has none yet: `convo sync` fetches them." : "Its entries are #1 to #\(count).")
    }

    private func last(_ name: String) throws -> LocalID {
        guard let id = LastConversation(of: store.path).read() else {
            throw CLIError(
                .notFound, code: "no_last_conversation",
                message: "No conversation was used yet in this database, so \(name) stands for none.",
                hint: "Name one by its reference, which `convo list` shows.")
        }
        do throws(StoreError) {
            let found = try store.conversation(matching: id.rawValue).id
            // An id that is a beginning of another one names none.
            guard found == id else { throw .noSuchConversation(id.rawValue) }
            return found
        } catch {
            guard case .noSuchConversation = error else { throw error }
            throw CLIError(
                .notFound, code: "no_such_conversation",
                message: "The conversation that was used last (\(id)) is not here any more.",
                hint: "Name another one by its reference, which `convo list` shows.")
        }
    }

    private func find(_ name: String) throws -> LocalID {
        do throws(StoreError) {
            return try store.localID(matching: name)
        } catch {
            switch error {
            case .noSuchConversation:
                // Local ids, and references, have no capitals.
                let small = name.lowercased()
                if small != name, let id = try? store.localID(matching: small) { return id }
                let near = try words(for: store.conversations(near: name, limit: ConversationLookup.candidateLimit))
                throw CLIError(error).offering(near)
            case .ambiguousConversation(_, let candidates):
                let conversations = try candidates.map { try store.conversation(matching: $0) }
                let words = try words(for: conversations).joined(separator: ", ")
                throw CLIError(
                    .usage, code: error.code, message: "\"\(name)\" could be any of \(words).", hint: error.hint)
            default: throw error
            }
        }
    }

    /// The conversations as an error names them: `a8p3 (Budget)`.
    private func words(for conversations: [StoredConversation]) throws -> [String] {
        let references = try store.references(of: conversations.map(\.id))
        return conversations.map { "\(references[$0.id]) (\($0.title.truncated(to: CLIError.titleWidth)))" }
    }
}

extension Store {
    /// The write that a person means: its reference, its id, or any other beginning of it.
    ///
    /// - Parameter name: what the person gave.
    /// - Returns: the write.
    /// - Throws: ``CLIError`` that offers others where there is none; ``StoreError`` where there are several, or the file
    ///   cannot be read.
    func write(_ name: String) throws -> OutboxItem {
        do throws(StoreError) {
            return try operation(matching: name)
        } catch {
            guard case .noSuchOperation = error else { throw error }
            let near = try operations(near: name, limit: 3)
            let references = try references(of: near.map(\.conversation), near.map(\.id))
            throw CLIError(error).offering(
                near.map { "\(references[$0.id]) (\($0.kind.rawValue), \(references[$0.conversation]))" })
        }
    }
}

extension CLIError {
    /// How many columns of a conversation's title an error shows.
    fileprivate static let titleWidth = 40

    /// The error with candidates before its hint.
    fileprivate func offering(_ candidates: [String]) -> CLIError {
        guard !candidates.isEmpty else { return self }
        let offer = "Did you mean \(candidates.joined(separator: ", or "))?"
        return CLIError(
            exitCode, code: code, message: message, hint: [offer, hint].compactMap(\.self).joined(separator: " "))
    }
}

extension Int {
    /// Reads the number of an entry, which has digits only.
    fileprivate init?(entryNumber text: Substring) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            return nil
        }
        self = number
    }
}
