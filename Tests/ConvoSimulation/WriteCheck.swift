import ConvoJSON
package import ConvoModel
package import MistralEmulator

/// Every write that the store acknowledged is on the server exactly once and in order, or the outbox says why not.
package enum WriteCheck {
    /// - Parameters:
    ///   - acknowledged: the writes that the store acknowledged as durable.
    ///   - outbox: the outbox now.
    ///   - audit: the requests of all our processes.
    ///   - turns: the turns that the server has committed, in their order.
    ///   - atRest: whether the run has ended, so that no write may be `queued` or `sending` any more.
    ///   - deleted: the conversations that are gone and of which our disk may have no trace: their start may have been
    ///     sent again.
    ///   - namesCreations: whether the server tells which write made a conversation; if not, a conversation with equal
    ///     inputs may be anybody's.
    ///   - homes: in which conversation each write was queued. Two local conversations may turn out to be one on the
    ///     server; the writes that were queued in them before have no common order.
    ///   - storedText: how the server changes the texts that it stores: another writer's turn may become equal to ours.
    ///   - copied: the writes that another copy of the database may have sent.
    ///   - retried: the writes that a person let go although nobody could tell whether the server has them.
    ///   - revived: the writes that a person had cancelled when a backup was put back in which they wait: those behind
    ///     them may have been sent before.
    ///   - risks: how often a person let each write go, or cancelled it, although it may have been on the server.
    ///   - waiting: the writes that may wait for ever, because a history cannot be read.
    ///   - shortened: the conversations that have lost an entry: they may begin with a later turn by now, which nobody can
    ///     tell from that of the start that made them.
    /// - Returns: a violation for each write that is lost, repeated, out of order, or in a state that the server
    ///   contradicts.
    package static func violations(
        acknowledged: [OperationID], outbox: OutboxSnapshot, audit: Audit, turns: [Turn], atRest: Bool,
        deleted: Set<RemoteID> = [], namesCreations: Bool = true, homes: [OperationID: LocalID] = [:],
        storedText: InputAlteration? = nil, copied: Set<OperationID> = [], retried: Set<OperationID> = [],
        revived: Set<OperationID> = [], risks: [OperationID: Int] = [:], waiting: Set<OperationID> = [],
        shortened: Set<RemoteID> = []
    ) -> [Violation] {
        var ledger = Ledger(
            audit: audit, turns: turns, namesCreations: namesCreations, storedText: storedText, copied: copied,
            shortened: shortened,
            known: Set(outbox.items.map(\.id)).subtracting(risks.keys))
        var violations: [Violation] = []
        for id in acknowledged where !outbox.items.contains(where: { $0.id == id }) {
            violations.add(.lostWrite, "\(id) was acknowledged and is not in the outbox")
        }
        for item in outbox.items {
            violations += judge(
                item, ledger: &ledger, atRest: atRest && !waiting.contains(item.id), deleted: deleted,
                isRetried: retried.contains(item.id), risk: risks[item.id] ?? 0)
        }
        return violations
            + orderViolations(outbox: outbox, ledger: &ledger, homes: homes, revived: revived.union(risks.keys))
    }

    /// A conversation whose deletion the outbox calls delivered is not on the server.
    ///
    /// - Parameters:
    ///   - outbox: the outbox now.
    ///   - server: the server now.
    ///   - excused: the conversations that the server had, although it said that it did not.
    /// - Returns: a violation for each such conversation that is there.
    package static func deletions(
        _ outbox: OutboxSnapshot, server: SimulatedServer, excused: Set<RemoteID>
    ) -> [Violation] {
        outbox.deleted.filter { server.conversation($0) != nil && !excused.contains($0) }
            .map { Violation(.falseState, "the deletion of \($0) is delivered, and it is there") }
    }

    /// No deletion went to another conversation than those that a person wanted to have deleted.
    ///
    /// - Parameters:
    ///   - outbox: the outbox now.
    ///   - meant: those conversations.
    /// - Returns: a violation for each deletion of another one.
    package static func foreignDeletions(_ outbox: OutboxSnapshot, meant: Set<RemoteID>) -> [Violation] {
        outbox.deleted.filter { !meant.contains($0) }
            .map { Violation(.falseState, "\($0) was deleted, and nobody wanted that") }
    }

    /// The conversation of a write that was refused because its conversation is gone is not on the server.
    ///
    /// - Parameters:
    ///   - outbox: the outbox now.
    ///   - server: the server now.
    ///   - excused: the conversations that the server had, although it said that it did not.
    /// - Returns: a violation for each such write whose conversation is there.
    package static func lostTargets(
        _ outbox: OutboxSnapshot, server: SimulatedServer, excused: Set<RemoteID>
    ) -> [Violation] {
        outbox.items.compactMap { item in
            guard item.state == .refused, item.reason?.hasPrefix("conversation_deleted") ?? false,
                let id = item.remoteID, server.conversation(id) != nil, !excused.contains(id)
            else { return nil }
            return Violation(.falseState, "\(item.id) is refused because \(id) is gone, and it is there")
        }
    }

    /// No start or restart is held because nobody could tell which conversation it has made, while the list tells it.
    ///
    /// - Parameters:
    ///   - outbox: the outbox at rest.
    ///   - server: the server then.
    /// - Returns: a violation for each such write.
    package static func unrecognised(_ outbox: OutboxSnapshot, server: SimulatedServer) -> [Violation] {
        let held = outbox.items.filter { $0.state == .held && $0.reason?.hasPrefix("unrecognisable") ?? false }
        guard !held.isEmpty else { return [] }
        return server.conversations.compactMap { served in
            guard !server.hidden.contains(served.id), server.oddities.forms[served.id] == nil,
                let operation = served.raw["metadata"]?["convo_operation_id"]?.string,
                let item = held.first(where: { $0.id.rawValue == operation })
            else { return nil }
            return Violation(.falseState, "\(item.id) is held as unrecognisable, and the list shows what it has made")
        }
    }

    /// Conversations that were deleted before a list showed them to a process of ours: no reader can tell their start
    /// from one that never arrived.
    ///
    /// - Parameters:
    ///   - server: the server now.
    ///   - audit: the requests of all our processes.
    ///   - elsewhere: the processes that worked on another copy of the database.
    /// - Returns: those conversations.
    package static func deletedUnseen(
        _ server: SimulatedServer, audit: Audit, elsewhere: Set<Int> = []
    ) -> Set<RemoteID> {
        audit.records.filter { $0.outcome == .answered && !elsewhere.contains($0.sender) }
            .reduce(into: Set(server.deleted)) { $0.subtract($1.listed) }
    }

    private static func judge(
        _ item: OutboxSnapshot.Item, ledger: inout Ledger, atRest: Bool, deleted: Set<RemoteID>, isRetried: Bool,
        risk: Int
    ) -> [Violation] {
        let turns = ledger.turns(of: item.id)
        var violations: [Violation] = []
        // If the engine sent the start of a deleted conversation again, it sent the appends behind it again as well.
        let counted = turns.filter { turn in
            !deleted.contains(turn.conversation) || turn.kind == .append && turn.conversation == item.remoteID
        }
        if turns.count > 1, !(1...1 + risk).contains(counted.count) {
            let places = turns.map { "\($0.conversation) at \($0.at)" }.joined(separator: ", ")
            violations.add(.repeatedWrite, "\(item.id) is there \(turns.count) times: \(places)")
        }
        switch item.state {
        case .delivered:
            if turns.isEmpty, !ledger.wasRefusedBehindMessage(item), !ledger.excuseByTwin(item) {
                violations.add(.falseState, "\(item.id) is delivered, and nowhere")
            } else if ledger.isElsewhere(item), !ledger.excuseByTwin(item) {
                violations.add(.falseState, "\(item.id) is delivered as what another start has made")
            } else if let turn = turns.last, !ledger.says(turn, item) {
                violations.add(.falseState, "\(item.id) is delivered, and its turn says something else")
            }
        case .queued, .sending:
            if atRest { violations.add(.falseState, "\(item.id) is still \(item.state) at rest") }
        case .cancelled:
            if risk == 0, turns.contains(where: \.answered) {
                violations.add(.falseState, "\(item.id) is cancelled, and the server has it")
            }
        case .inDoubt, .refused, .held:
            if item.state == .refused, !isRetried, counted.contains(where: \.answered) {
                violations.add(.falseState, "\(item.id) is \(item.state), and the server has it")
            }
            if atRest || item.state != .inDoubt, item.reason?.isEmpty ?? true {
                violations.add(.silentRefusal, "\(item.id) is \(item.state) and does not say why")
            }
        }
        return violations
    }

    private static func orderViolations(
        outbox: OutboxSnapshot, ledger: inout Ledger, homes: [OperationID: LocalID], revived: Set<OperationID>
    ) -> [Violation] {
        // Writes keep their order where they were queued together and still are together: a branch takes some along.
        var latest: [[LocalID]: (place: Int, item: OutboxSnapshot.Item)] = [:]
        var violations: [Violation] = []
        for item in outbox.items where !revived.contains(item.id) {
            // A conversation that the engine took for ours because it says the same has no order with our other writes.
            guard let place = ledger.firstPlace(of: item.id), !ledger.isElsewhere(item) else { continue }
            let home = [homes[item.id] ?? item.conversation, item.conversation]
            // One that came late was taken for delivered where another writer had said the same meanwhile.
            if let before = latest[home], before.place > place, !ledger.excuseByTwin(before.item) {
                violations.add(.wrongOrder, "\(item.id) is on the server before \(before.item.id)")
            }
            latest[home] = (place, item)
        }
        return violations
    }
}

/// The turns that each write caused, known by the numbers of the requests that were sent for it.
private struct Ledger {
    private var places: [OperationID: [Int]] = [:]
    private var requests: [OperationID: [Audit.Record]] = [:]
    /// The answered reads of each conversation.
    private var reads: [RemoteID: [Audit.Record]] = [:]
    private var takenTwins: Set<Int> = []
    private static let clockTolerance = Duration.seconds(600)
    /// How far a replica lags behind at most, and how long a base may be old when the append is sent.
    private static let longestLag = Duration.seconds(230)
    private let allTurns: [Turn]

    private let namesCreations: Bool
    private let storedText: InputAlteration?
    private let copied: Set<OperationID>
    private let shortened: Set<RemoteID>
    /// The requests for writes that the database forgot when a backup of it was put back.
    private var forgotten: Set<Int> = []

    init(
        audit: Audit, turns: [Turn], namesCreations: Bool, storedText: InputAlteration?,
        copied: Set<OperationID>, shortened: Set<RemoteID>, known: Set<OperationID>
    ) {
        (allTurns, self.namesCreations) = (turns, namesCreations)
        (self.storedText, self.copied, self.shortened) = (storedText, copied, shortened)
        var operations: [Int: OperationID] = [:]
        for record in audit.records {
            if !record.request.isWrite, record.outcome == .answered, let id = record.request.conversation {
                reads[id, default: []].append(record)
            }
            guard let operation = record.operation else { continue }
            operations[record.number] = operation
            if !known.contains(operation) { forgotten.insert(record.number) }
            requests[operation, default: []].append(record)
        }
        for (place, turn) in turns.enumerated() {
            guard let call = turn.cause.call, let operation = operations[call] else { continue }
            places[operation, default: []].append(place)
        }
    }

    func turns(of id: OperationID) -> [Turn] { (places[id] ?? []).map { allTurns[$0] } }
    func firstPlace(of id: OperationID) -> Int? { places[id]?.first }

    /// Whether a turn has the inputs that the outbox has of the write, or what the server makes of them.
    func says(_ turn: Turn, _ item: OutboxSnapshot.Item) -> Bool { said(by: item).contains(turn.said) }

    private func said(by item: OutboxSnapshot.Item) -> [[String]] {
        [item.inputs.map(ServedEntry.said), item.inputs.map { ServedEntry.said(storedText?.applied(to: $0) ?? $0) }]
    }

    /// Whether a start or restart has made another conversation than the one that it is said to have made.
    func isElsewhere(_ item: OutboxSnapshot.Item) -> Bool {
        guard item.kind != .append, item.state == .delivered, let conversation = item.remoteID else { return false }
        let turns = turns(of: item.id)
        return !turns.isEmpty && !turns.contains { $0.conversation == conversation }
    }

    /// Whether the server has refused the run at its end, although the model had said something before it used a tool: whoever looked in
    /// between has seen an answer.
    func wasRefusedBehindMessage(_ item: OutboxSnapshot.Item) -> Bool {
        let wasRefused = (requests[item.id] ?? []).contains { record in
            if case .runRefused = record.fault { true } else { false }
        }
        return wasRefused && item.inputs.contains { $0["content"]?.string?.hasPrefix("sandbox:announce") ?? false }
    }

    /// Whether another writer, or a write of ours that is forgotten, said the same in the same conversation after our first attempt, or after the state that the
    /// last read before it showed, so that no reader could tell that it was not ours. Each such turn excuses one write.
    ///
    /// A process that died just before it sent its first request for the write has made an attempt, too; the audit does
    /// not know when, so any moment of the run counts.
    mutating func excuseByTwin(_ item: OutboxSnapshot.Item) -> Bool {
        guard item.kind == .append || !namesCreations, let conversation = item.remoteID else { return false }
        let said = said(by: item)
        var firstTry = requests[item.id]?.first?.sentAt ?? .start
        let reads = (reads[conversation] ?? []).filter {
            $0.finishedAt <= firstTry && $0.sender == requests[item.id]?.first?.sender
        }
        // The engine asks for the conversation just before an append, and believes that answer, which may be an old one.
        if item.kind == .append,
            let shown = reads.last(where: { $0.request.name == "get" })?.shows ?? reads.map(\.shows).max()
        {
            firstTry = min(firstTry, max(shown, firstTry + (.zero - Ledger.longestLag)))
        }
        // Another copy of the database may have sent it; it is looked for behind what its writer had seen.
        if copied.contains(item.id) { firstTry = .start }
        // The conversation's creation time is the server's; our clock may differ from it.
        if item.kind != .append { firstTry = firstTry + (.zero - Ledger.clockTolerance) }
        let twin = allTurns.indices.first { place in
            let turn = allTurns[place]
            let mayBeAnothers = turn.cause.call.map(forgotten.contains) ?? true
            let mayBegin = item.kind != .append && shortened.contains(conversation)
            return (mayBeAnothers || mayBegin) && turn.conversation == conversation && said.contains(turn.said)
                && turn.at >= firstTry && !takenTwins.contains(place)
        }
        guard let twin else { return false }
        takenTwins.insert(twin)
        return true
    }
}
