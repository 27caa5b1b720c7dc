import ConvoJSON
package import ConvoModel

/// The mirror holds what the server has, and what it had.
package enum MirrorCheck {
    /// At a quiet point after a full pull: compares conversation by conversation, entry by entry, byte by byte.
    ///
    /// - Parameters:
    ///   - mirror: what the mirror holds.
    ///   - server: what the server has.
    ///   - deletedHere: the conversations that a person deleted locally.
    /// - Returns: a violation for each difference.
    package static func differences(
        mirror: MirrorSnapshot, server: SimulatedServer, deletedHere: Set<RemoteID> = []
    ) -> [Violation] {
        var violations: [Violation] = []
        for served in server.conversations where !deletedHere.contains(served.id) {
            // No list tells of it any more: it may stay unknown, or as it was, or marked after a time when it was hidden.
            if server.oddities.forms[served.id] == .withoutID { continue }
            guard let mirrored = mirror[served.id] else {
                violations.add(.mirrorDiffers, "\(served.id) is not in the mirror")
                continue
            }
            if mirrored.isDeletedRemotely {
                violations.add(.falseDeletion, "\(served.id) is marked as deleted, and is there")
            }
            if mirrored.isFromAccountBefore {
                violations.add(.mirrorDiffers, "\(served.id) is taken for the account before's")
            }
            if !server.forms(of: served).contains(where: { isEqual($0, mirrored.raw) }) {
                violations.add(.mirrorDiffers, "\(served.id) is \(mirrored.raw?.text ?? "nothing"), not \(served.raw)")
            }
            // Where the list does not tell `updated_at`, nothing announces that the conversation has changed.
            let isTold = server.oddities.forms[served.id]?.tellsChanges ?? true
            let isReadable = !server.oddities.oversized.union(server.oddities.filtered).contains(served.id)
            if isTold, isReadable {
                violations += differences(mirrored: mirrored, served: served.id, entries: server.mirrored(of: served))
            }
        }
        for id in server.deleted {
            if let mirrored = mirror[id], !mirrored.isDeletedRemotely, !mirrored.isFromAccountBefore {
                violations.add(.mirrorDiffers, "\(id) was deleted, and the mirror does not say so")
            }
        }
        return violations
    }

    /// At any time: the mirror does not mark a conversation as deleted that the server has.
    ///
    /// The server has denied the conversations that it hid, and a replica those that it did not have yet. The engine
    /// may mark a few of them, never many.
    ///
    /// - Parameters:
    ///   - mirror: what the mirror holds.
    ///   - server: what the server has.
    ///   - denied: the conversations for which the server answered 404 to a write; the engine marks each of them by
    ///     itself, so they do not count.
    ///   - pulls: how many pulls may be at work at once: each counts what was marked before it began.
    /// - Returns: a violation for each mark without a reason, and one for too many marks on hidden conversations.
    package static func falseDeletions(
        mirror: MirrorSnapshot, server: SimulatedServer, denied: Set<RemoteID> = [], pulls: Int = 1
    ) -> [Violation] {
        let served = Set(server.conversations.map(\.id))
        let marked = mirror.conversations.filter { $0.isDeletedRemotely && served.contains($0.id) }.map(\.id)
        let excused = server.wasHidden.union(server.deniedByReplica)
        let hidden = marked.filter { excused.contains($0) }
        let unfounded = marked.filter { !excused.contains($0) }
            .map { Violation(.falseDeletion, "\($0) is marked as deleted, and is there") }
        let counted = hidden.filter { !denied.contains($0) }
        guard counted.count > pulls * max(fewDeletions, mirror.conversations.count / deletionShare) else {
            return unfounded
        }
        let ids = counted.map(\.rawValue).joined(separator: ", ")
        let sentence = "\(counted.count) conversations that are there are marked as deleted: \(ids)"
        return unfounded + [Violation(.falseDeletion, sentence)]
    }

    /// How many the engine may mark at once without a person's word: see "Mass disappearance" in DESIGN.md.
    package static let fewDeletions = 10
    /// It may mark more if they are at most one in this many of all.
    static let deletionShare = 10

    /// At any time: the mirror does not mark an entry that the server has as dropped after only a few readings without
    /// it.
    ///
    /// A replica or a cache may lag behind.
    package static func falseDrops(mirror: MirrorSnapshot, server: SimulatedServer, audit: Audit) -> [Violation] {
        var violations: [Violation] = []
        for conversation in mirror.conversations {
            let dropped = conversation.entries.filter(\.isDropped).map(\.id)
            guard !dropped.isEmpty, let served = server.conversation(conversation.id) else { continue }
            let readings = audit.records.count {
                $0.request == .history(conversation.id) && $0.outcome == .answered && $0.finishedAt <= server.now
            }
            guard readings < fewReadings else { continue }
            violations += served.entries.filter { dropped.contains($0.id) }.map {
                Violation(.falseDrop, "\($0.id) of \(conversation.id) is dropped after \(readings) readings, and there")
            }
        }
        return violations
    }

    static let fewReadings = 6

    /// Nothing that an earlier snapshot held is gone from a later one, whatever the server dropped since.
    ///
    /// - Parameters:
    ///   - earlier: the earlier snapshot.
    ///   - later: the later one.
    ///   - deletedHere: the conversations that a person deleted locally.
    /// - Returns: a violation for each conversation and entry that is gone.
    package static func losses(
        earlier: MirrorSnapshot, later: MirrorSnapshot, deletedHere: Set<RemoteID> = []
    ) -> [Violation] {
        var violations: [Violation] = []
        for conversation in earlier.conversations where !deletedHere.contains(conversation.id) {
            guard let now = later[conversation.id] else {
                violations.add(.forgotten, "\(conversation.id) was held and is gone")
                continue
            }
            // A history may show an exchange that the server was not to store before our response tells that it is one.
            let held = now.unstored.union(now.entries.map(\.id))
            for entry in conversation.entries where !held.contains(entry.id) {
                violations.add(.forgotten, "\(entry.id) of \(conversation.id) was held and is gone")
            }
        }
        return violations
    }

    private static func differences(
        mirrored: MirrorSnapshot.Conversation, served id: RemoteID, entries: [ServedEntry]
    ) -> [Violation] {
        let current = mirrored.entries.filter { !$0.isDropped }
        guard current.map(\.id) == entries.map(\.id) else {
            let ids = (current.map(\.id.rawValue), entries.map(\.id.rawValue))
            return [Violation(.mirrorDiffers, "\(id) has the entries \(ids.0), not \(ids.1)")]
        }
        return zip(current, entries).compactMap { ours, theirs in
            isFaithful(ours.raw, to: theirs)
                ? nil : Violation(.mirrorDiffers, "\(ours.id) of \(id) is \(ours.raw), not \(theirs.inHistory)")
        }
    }

    /// Whether `raw` has the history's bytes, except for a `completed_at` that only the response had: a null never
    /// overwrites a value.
    private static func isFaithful(_ raw: JSONText, to served: ServedEntry) -> Bool {
        if isEqual(raw, served.inHistory) { return true }
        guard let completed = served.inResponse?["completed_at"] else { return false }
        return isEqual(raw, served.inHistory.setting("completed_at", to: completed))
    }

    /// Compares the bytes: Swift's `==` takes two Unicode spellings of a letter for equal.
    private static func isEqual(_ one: JSONText, _ other: JSONText?) -> Bool {
        other.map { Array(one.text.utf8) == Array($0.text.utf8) } ?? false
    }
}
