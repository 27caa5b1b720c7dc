package import ConvoModel
package import ConvoStore

/// Finds the model's answer to a write in the history of its conversation, where the server's answer itself was lost.
package enum SettledTurn {
    /// The entries that the model wrote for a write.
    ///
    /// - Parameters:
    ///   - item: the delivered write.
    ///   - entries: the conversation's entries, in their order.
    ///   - createdAt: the conversation's `created_at`; `nil` if it is not known.
    /// - Returns: the entries behind the write's inputs, up to the next input; `nil` where the inputs are not there, so that the
    ///   entries are older than the write.
    package static func outputs(of item: OutboxItem, in entries: [Entry], createdAt: Timestamp? = nil) -> [Entry]? {
        let inputs = ((try? Inputs(json: item.inputs))?.asEntries ?? []).map { InputFingerprint($0) }
        let first = start(of: item, in: entries, createdAt)
        // What a start has made begins with its inputs, however the server has written them.
        let firstInputs = item.kind == .start ? entries.prefix { isInput($0) }.count : 0
        guard let behind = end(of: inputs, in: entries, from: first) ?? (firstInputs > 0 ? firstInputs : nil) else {
            return nil
        }
        return Array(entries[behind...].prefix { !isInput($0) })
    }

    /// Where the write's inputs may begin: behind the base of an append, and behind what a branch has copied, which is older than
    /// the branch where the server gives the copies ids of their own.
    private static func start(of item: OutboxItem, in entries: [Entry], _ createdAt: Timestamp?) -> Int {
        let known: EntryID? =
            switch item.kind {
            // In a copy, it was found behind what its writer had seen.
            case .append: item.base.map(\.entryID) ?? item.seenEntryID
            case .restart: item.request["from_entry_id"]?.string.map { EntryID($0) }
            case .start, .delete: nil
            }
        if let place = known.flatMap({ id in entries.lastIndex { $0.id == id } }) { return place + 1 }
        guard item.kind == .restart, let createdAt else { return 0 }
        return CreationSearch.copies(in: entries, of: createdAt)
    }

    /// The place behind the first run of entries that are equal to the inputs.
    private static func end(of inputs: [InputFingerprint], in entries: [Entry], from first: Int) -> Int? {
        guard first + inputs.count <= entries.count else { return nil }
        for place in first...(entries.count - inputs.count) {
            let run = entries[place..<place + inputs.count].map { InputFingerprint($0.raw) }
            if zip(run, inputs).allSatisfy({ $0.isEqual(to: $1) }) { return place + inputs.count }
        }
        return nil
    }

    private static func isInput(_ entry: Entry) -> Bool {
        entry.type == .messageInput || entry.type == .functionResult
    }
}
