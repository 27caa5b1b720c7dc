import ConvoJSON
import ConvoModel
import ConvoSimulation
import ConvoStore

extension OutboxSnapshot {
    /// The whole outbox, delivered and cancelled writes included; delivered deletions are in ``deleted``.
    init(_ store: Store) throws {
        let all = try store.outbox(all: true)
        self.init(
            items: try all.compactMap { item in
                guard let kind = Turn.Kind(item.kind) else { return nil }
                return Item(
                    id: item.id, conversation: item.conversation, kind: kind, state: State(item.state),
                    reason: item.reason.map { "\($0.code): \($0.message)" }, remoteID: item.remoteID,
                    inputs: try Inputs(json: item.inputs).asEntries, isStored: item.request["store"]?.bool ?? true)
            }, deleted: all.filter { $0.kind == .delete && $0.state == .delivered }.compactMap(\.remoteID))
    }
}

extension OutboxSnapshot.State {
    init(_ state: OperationState) {
        self =
            switch state {
            case .queued: .queued
            case .sending: .sending
            case .inDoubt: .inDoubt
            case .delivered: .delivered
            case .refused: .refused
            case .held: .held
            case .cancelled: .cancelled
            }
    }
}

extension Turn.Kind {
    init?(_ kind: OperationKind) {
        switch kind {
        case .start: self = .start
        case .append: self = .append
        case .restart: self = .restart
        case .delete: return nil
        }
    }
}

extension MirrorSnapshot {
    /// Everything that the store holds; what the server never stored is left out of ``conversations``.
    init(_ store: Store) throws {
        var conversations: [Conversation] = []
        var held: [LocalID: Set<EntryID>] = [:]
        var order: [LocalID: [EntryID]] = [:]
        for stored in try store.conversations() {
            let entries = try store.history(of: stored.id, withDropped: true).entries
            held[stored.id] = Set(entries.compactMap(\.entry.id))
            order[stored.id] = entries.filter { $0.droppedAt == nil }.compactMap(\.entry.id)
            guard let id = stored.remoteID, !stored.isLocalOnly else { continue }
            let mirrored = entries.filter { !$0.isLocalOnly }.compactMap { entry in
                entry.entry.id.map { Entry(id: $0, raw: entry.entry.raw, isDropped: entry.droppedAt != nil) }
            }
            conversations.append(
                Conversation(
                    id: id, raw: stored.raw, entries: mirrored,
                    unstored: Set(entries.filter(\.isLocalOnly).compactMap(\.entry.id)),
                    isDeletedRemotely: stored.deletedRemotelyAt != nil,
                    isFromAccountBefore: stored.isFromAccountBefore))
        }
        self.init(conversations: conversations, held: held, order: order)
    }
}
