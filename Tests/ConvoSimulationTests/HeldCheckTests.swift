import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `The checks of what is held` {
    /// A server with `count` conversations that others made, of which it shows one.
    private func hiding(_ count: Int) -> SimulatedServer {
        let client = DirectClient(others: [
            .init(at: .start, .startMany(text: "hi", count: count)),
            .init(at: .start + .seconds(60), .hideAll(butNewest: 1, alsoInList: true)),
        ])
        client.pass(.seconds(61))
        return client.server
    }

    private func mirror(of server: SimulatedServer, marking count: Int, from: Int) -> MirrorSnapshot {
        MirrorSnapshot(
            conversations: server.conversations.enumerated().map { place, served in
                .init(
                    id: served.id, raw: served.raw, entries: [],
                    isDeletedRemotely: place >= from && place < from + count)
            })
    }

    @Test func `see many that are hidden marked as deleted, and any that is not hidden`() {
        let server = hiding(20)
        func rules(_ count: Int, from: Int, denied: Set<RemoteID> = []) -> [Violation.Rule] {
            MirrorCheck.falseDeletions(
                mirror: mirror(of: server, marking: count, from: from), server: server, denied: denied
            ).map(\.rule)
        }
        #expect(rules(10, from: 1).isEmpty)
        #expect(rules(11, from: 1) == [.falseDeletion])
        #expect(rules(11, from: 1, denied: [server.conversations[1].id]).isEmpty)
        #expect(rules(1, from: 0) == [.falseDeletion])
    }

    @Test func `see an entry dropped after a few readings that the server has`() {
        let client = DirectClient()
        let id = client.start()
        let entries = client.entries(of: id)
        let conversation = MirrorSnapshot.Conversation(
            id: id, raw: nil,
            entries: entries.map { .init(id: EntryID($0["id"]?.string ?? ""), raw: $0, isDropped: true) })
        func rules(_ conversation: MirrorSnapshot.Conversation) -> [Violation.Rule] {
            MirrorCheck.falseDrops(
                mirror: MirrorSnapshot(conversations: [conversation]), server: client.server, audit: client.world.audit
            ).map(\.rule)
        }
        #expect(rules(conversation) == [.falseDrop, .falseDrop])
        let unknown = MirrorSnapshot.Entry(id: EntryID("msg_gone"), raw: .null, isDropped: true)
        #expect(rules(.init(id: id, raw: nil, entries: [unknown])).isEmpty)
        for _ in 0..<6 { client.ask(.history(id)) }
        #expect(rules(conversation).isEmpty)
    }

    @Test func `see an answer that is not held, unless its process may have ended before`() {
        let (operation, conversation) = (OperationID("op"), LocalID("c"))
        let client = DirectClient()
        client.ask(.start(StartRequest("hello")), for: operation)
        let outputs = Set(client.server.turns[0].outputs)
        func rules(_ held: Set<EntryID>?, isStored: Bool = true, ended: Set<Int> = []) -> [Violation.Rule] {
            let item = OutboxSnapshot.Item(
                id: operation, conversation: conversation, kind: .start, state: .delivered, isStored: isStored)
            return AnswerCheck.violations(
                outbox: OutboxSnapshot(items: [item]),
                mirror: MirrorSnapshot(conversations: [], held: held.map { [conversation: $0] } ?? [:]),
                audit: client.world.audit, turns: client.server.turns, ended: ended
            ).map(\.rule)
        }
        #expect(rules(outputs).isEmpty)
        #expect(rules(nil).isEmpty)
        #expect(rules([]) == [.forgotten])
        #expect(rules([], ended: [0]).isEmpty)
        #expect(rules([], isStored: false, ended: [0]) == [.forgotten])
    }

    @Test func `see a write refused for a conversation that is there`() {
        let client = DirectClient()
        let id = client.start()
        func rules(_ reason: String, excused: Set<RemoteID> = []) -> [Violation.Rule] {
            let item = OutboxSnapshot.Item(
                id: OperationID("op"), conversation: LocalID("c"), kind: .append, state: .refused, reason: reason,
                remoteID: id)
            return WriteCheck.lostTargets(OutboxSnapshot(items: [item]), server: client.server, excused: excused)
                .map(\.rule)
        }
        #expect(rules("conversation_deleted: gone") == [.falseState])
        #expect(rules("conversation_deleted: gone", excused: [id]).isEmpty)
        #expect(rules("agent_gone: gone").isEmpty)
        client.ask(.delete(id))
        #expect(rules("conversation_deleted: gone").isEmpty)
    }

    @Test func `take another writer's equal start for ours only where the server does not tell`() {
        let (id, inputs) = (RemoteID("conv_1"), Inputs.text("hello").asEntries)
        let client = DirectClient(others: [.init(at: .start, .start(text: "hello"))])
        client.pass(.seconds(20))
        let turns = client.server.turns
        func rules(namesCreations: Bool, _ id: RemoteID) -> [Violation.Rule] {
            let item = OutboxSnapshot.Item(
                id: OperationID("op"), conversation: LocalID("c"), kind: .start, state: .delivered, remoteID: id,
                inputs: inputs)
            return WriteCheck.violations(
                acknowledged: [], outbox: OutboxSnapshot(items: [item]), audit: Audit(), turns: turns, atRest: true,
                namesCreations: namesCreations
            ).map(\.rule)
        }
        #expect(rules(namesCreations: false, turns[0].conversation).isEmpty)
        #expect(rules(namesCreations: true, turns[0].conversation) == [.falseState])
        #expect(rules(namesCreations: false, id) == [.falseState])
    }

    @Test func `take our own append for a start's only where the conversation has lost an entry`() {
        let (start, append) = (OperationID("op"), OperationID("op_2"))
        let inputs = Inputs.text("hello").asEntries
        let turns = [1, 2].map { number in
            Turn(
                kind: number == 1 ? .start : .append, cause: .client(call: number),
                conversation: RemoteID("conv_\(number)"), at: .start, inputs: [], outputs: [],
                said: [#""message.input"|"user"|"hello"||"#])
        }
        let records = [start, append].enumerated().map { number, id in
            Audit.Record(
                number: number + 1, operation: id, request: .list(page: 0, pageSize: 100, metadata: nil),
                sentAt: .start, finishedAt: .start, outcome: .answered)
        }
        let items = [(start, Turn.Kind.start), (append, .append)].map { id, kind in
            OutboxSnapshot.Item(
                id: id, conversation: LocalID("c"), kind: kind, state: .delivered, remoteID: RemoteID("conv_2"),
                inputs: inputs)
        }
        for shortened in [Set<RemoteID>(), [RemoteID("conv_2")]] {
            let rules = WriteCheck.violations(
                acknowledged: [], outbox: OutboxSnapshot(items: items), audit: Audit(records: records), turns: turns,
                atRest: true, namesCreations: false, shortened: shortened
            ).map(\.rule)
            #expect(rules == (shortened.isEmpty ? [.falseState] : []))
        }
    }
}

@Suite struct `The checks of waiting` {
    private let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
    private let refused = Audit.Outcome.failed(.status(401), effect: .none, retryAfter: nil)

    private func audit(_ records: [(key: String, second: Int, outcome: Audit.Outcome)]) -> Audit {
        Audit(
            records: records.enumerated().map { number, record in
                let sent = VirtualInstant.start + .seconds(record.second)
                return Audit.Record(
                    number: number + 1, request: look, access: Access(server: "s", key: record.key), sentAt: sent,
                    finishedAt: end(of: sent, lasts: 1), outcome: record.outcome)
            })
    }

    private func rules(_ records: [(key: String, second: Int, outcome: Audit.Outcome)]) -> [Violation.Rule] {
        RequestCheck().violations(in: audit(records)).map(\.rule)
    }

    @Test func `let another key than the refused one be tried at once, and end the outage`() {
        #expect(rules([("a", 0, refused), ("b", 1, .answered), ("b", 2, .answered)]).isEmpty)
        #expect(rules([("a", 0, refused), ("a", 1, .answered)]) == [.impatient])
        #expect(rules([("a", 0, refused), ("b", 1, refused), ("a", 2, .answered)]).isEmpty)
        let unreachable = Audit.Outcome.failed(.unreachable, effect: .none, retryAfter: nil)
        #expect(rules([("a", 0, unreachable), ("b", 1, .answered)]) == [.impatient])
        #expect(rules([("a", 0, refused), ("a", 2, unreachable), ("b", 3, .answered)]).isEmpty)
    }

    @Test func `take a 404 for a refusal once the conversation was asked for`() {
        let (id, operation) = (RemoteID("conv_1"), OperationID("op"))
        let write = SimulatedRequest.append(AppendRequest(inputs: .text("x")), to: id)
        let notFound = Audit.Outcome.failed(.status(404), effect: .none, retryAfter: nil)
        func rules(_ asked: Audit.Outcome) -> [Violation.Rule] {
            let records = [(write, notFound), (.get(id), asked), (.get(id), .answered), (write, .answered)]
            let all = records.enumerated().map { number, record in
                let sent = VirtualInstant.start + .seconds(number * 100)
                return Audit.Record(
                    number: number + 1, operation: record.0 == write ? operation : nil, request: record.0,
                    sentAt: sent, finishedAt: sent + .seconds(1), outcome: record.1)
            }
            return RequestCheck().violations(in: Audit(records: all)).map(\.rule)
        }
        #expect(rules(.answered) == [.stubborn])
        #expect(rules(.failed(.status(503), effect: .none, retryAfter: nil)).isEmpty)
    }

    @Test func `take a list that something else answers for an outage`() {
        let noRoute = Audit.Outcome.failed(.noRoute, effect: .none, retryAfter: nil)
        #expect(rules([("a", 0, noRoute), ("a", 1, .answered)]) == [.impatient])
        #expect(rules([("a", 0, noRoute), ("a", 2, .answered)]).isEmpty)
    }

    @Test func `see a person kept waiting for minutes`() {
        let slow = audit([("a", 0, .answered), ("a", 60, .answered)])
        #expect(PatienceCheck.violations(in: slow, hands: [0]).map(\.rule) == [.late])
        #expect(PatienceCheck.violations(in: slow, hands: []).isEmpty)
        #expect(PatienceCheck.violations(in: audit([("a", 0, .answered), ("a", 10, .answered)]), hands: [0]).isEmpty)
    }
}
