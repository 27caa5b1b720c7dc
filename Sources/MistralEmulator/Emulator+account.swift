public import ConvoJSON
public import ConvoModel

/// The keys, the account behind each, and the files that the model made.
extension Emulator {
    /// Finds the principal of a key in ``Switches/keys``; while there are none, any key or none is the default
    /// principal.
    ///
    /// - Parameter token: the key; `nil` where the request has none.
    /// - Returns: the bearer of the key.
    /// - Throws: ``Refusal`` (401) for an unknown or missing key.
    public func principal(bearing token: String?) throws(Refusal) -> Principal {
        if switches.keys.isEmpty { return Principal() }
        if let token, let principal = switches.keys[token] { return principal }
        throw switches.unauthorized(because: token == nil ? "Unauthorized" : "Invalid API Key")
    }

    func identity(_ principal: Principal) -> Identity {
        Identity(principal: principal, isWhole: switches.identityParts == .all)
    }

    /// The file behind a signed URL; `nil` where the signature is wrong, the URL has expired or the file is deleted.
    ///
    /// - Parameters:
    ///   - id: the file's id, from the URL's path.
    ///   - expiry: the URL's `expires`, in seconds since 1970.
    ///   - signature: the URL's `signature`.
    ///   - now: the present moment.
    /// - Returns: the file.
    public func file(_ id: String, expiry: Int64, signature: String, at now: Timestamp) -> StoredFile? {
        signer.accepts(signature, of: id, expiry: expiry, at: now.seconds) ? table.files[id] : nil
    }

    func findFile(_ id: String, _ principal: Principal) throws(Refusal) -> StoredFile {
        guard let file = table.files[id], switches.shows(file.owner, to: principal) else {
            throw Refusal(
                404,
                .gateway(
                    message: "No file matches the given query.", type: "invalid_request_error", code: "3000",
                    rawStatus: 404))
        }
        return file
    }

    /// A model for a conversation; the caller takes its ``FileMaker/ids`` back after it has spoken.
    func model(of conversation: JSONText, handoffEndsTurn: Bool) -> EchoModel {
        let maker = FileMaker(
            signer: signer, expiry: present.seconds + Int64(switches.signedURLSeconds), imageChunk: switches.imageChunk,
            ids: ids, now: present)
        return EchoModel(conversation: conversation, handoffEndsTurn: handoffEndsTurn, maker: maker)
    }

    // MARK: All conversations

    /// The changes that load conversations, for the caller to apply: all of them or none.
    ///
    /// - Parameters:
    ///   - records: `[{"conversation": {…}, "entries": […], "owner": {"user", "workspace"}}]`. Every key sees a
    ///     conversation without an `owner`.
    ///   - keepingPresent: whether a conversation whose id the emulator already holds stays as it is; otherwise the
    ///     record replaces it.
    /// - Returns: the changes.
    /// - Throws: ``LoadError`` if `records` has another form.
    public func load(_ records: JSONText, keepingPresent: Bool = false) throws(LoadError) -> [Change] {
        guard records.kind == .array else { throw LoadError(index: nil, reason: "not an array") }
        var changes: [Change] = []
        for (index, record) in records.elements.enumerated() {
            do {
                let conversation = try EmulatedConversation(record: record)
                if keepingPresent, table[conversation.id] != nil { continue }
                changes.append(Change(.put(conversation)))
            } catch {
                throw LoadError(index: index, reason: error.description)
            }
        }
        return changes
    }

    /// All stored conversations, in the form that ``load(_:keepingPresent:)`` takes, oldest first.
    public var records: JSONText { .array(table.all.map(\.record)) }

    /// The changes that make an empty emulator's stored state this one's: conversations, oldest first, then files.
    public var snapshot: [Change] {
        table.all.map { Change(.put($0)) } + table.files.values.sorted { $0.id < $1.id }.map { Change(.putFile($0)) }
    }
}

/// The error in conversations that ``Emulator/load(_:keepingPresent:)`` refuses.
public struct LoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The index of the faulty record in the array, from 0; `nil` where the whole is not an array.
    public let index: Int?
    /// The defect, such as a missing field, in words.
    public let reason: String

    /// The reason with the record's index, on one line.
    public var description: String {
        index.map { "record \($0): \(reason)" } ?? "conversations to load: \(reason)"
    }
}
