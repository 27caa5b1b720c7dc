import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `The check of writes` {
    private let id = OperationID("op-1")

    private func rules(
        _ state: OutboxSnapshot.State, turns: Int, reason: String? = nil, atRest: Bool = true,
        acknowledged: [OperationID] = [OperationID("op-1")]
    ) -> [Violation.Rule] {
        let item = OutboxSnapshot.Item(
            id: id, conversation: LocalID("c"), kind: .append, state: state, reason: reason)
        let records = (1...3).map { record($0, operation: id) }
        return WriteCheck.violations(
            acknowledged: acknowledged, outbox: OutboxSnapshot(items: [item]), audit: Audit(records: records),
            turns: (0..<turns).map { turn(call: $0 + 1) }, atRest: atRest
        ).map(\.rule)
    }

    @Test func `is content with one delivery, and with a refusal that says why`() {
        #expect(rules(.delivered, turns: 1).isEmpty)
        #expect(rules(.refused, turns: 0, reason: "404").isEmpty)
        #expect(rules(.inDoubt, turns: 1, reason: "two of them").isEmpty)
        #expect(rules(.held, turns: 1, reason: "nobody can tell").isEmpty)
        #expect(rules(.queued, turns: 0, atRest: false).isEmpty)
    }
    @Test func `sees a write that is there twice`() { #expect(rules(.delivered, turns: 2) == [.repeatedWrite]) }
    @Test func `sees a delivery that never was`() { #expect(rules(.delivered, turns: 0) == [.falseState]) }
    @Test func `sees a refusal of what the server has`() {
        #expect(rules(.refused, turns: 1, reason: "no") == [.falseState])
        #expect(rules(.cancelled, turns: 1) == [.falseState])
    }
    @Test func `sees a write that still waits when all is at rest`() {
        #expect(rules(.queued, turns: 0) == [.falseState])
        #expect(rules(.sending, turns: 0) == [.falseState])
    }
    @Test func `sees a write that waits for a person and does not say why`() {
        #expect(rules(.held, turns: 0) == [.silentRefusal])
        #expect(rules(.inDoubt, turns: 0, reason: "") == [.silentRefusal])
    }
    @Test func `sees a write that was acknowledged and lost`() {
        #expect(rules(.delivered, turns: 1, acknowledged: [id, OperationID("op-2")]) == [.lostWrite])
    }

    @Test func `sees two writes in the wrong order, in one conversation only`() {
        func rules(_ first: String, _ second: String, queuedIn home: String? = nil) -> [Violation.Rule] {
            let homes = home.map { [id: LocalID($0), OperationID("op-2"): LocalID($0)] } ?? [:]
            let items = [("op-1", first), ("op-2", second)].map {
                OutboxSnapshot.Item(
                    id: OperationID($0.0), conversation: LocalID($0.1), kind: .append, state: .delivered)
            }
            let records = [record(1, operation: OperationID("op-2")), record(2, operation: id)]
            return WriteCheck.violations(
                acknowledged: [], outbox: OutboxSnapshot(items: items), audit: Audit(records: records),
                turns: [turn(call: 1), turn(call: 2)], atRest: true, homes: homes
            ).map(\.rule)
        }
        #expect(rules("c", "c") == [.wrongOrder])
        #expect(rules("c", "d").isEmpty)
        #expect(rules("c", "c", queuedIn: "other") == [.wrongOrder], "the other one became this one")
        #expect(rules("branch", "c", queuedIn: "c").isEmpty, "a branch took the first one along")
    }

    @Test func `takes another writer's equal turn for another's`() {
        let other = Turn(
            kind: .append, cause: .other(action: 1), conversation: RemoteID("conv_1"), at: .start, inputs: [],
            outputs: [])
        let item = OutboxSnapshot.Item(
            id: id, conversation: LocalID("c"), kind: .append, state: .delivered)
        let violations = WriteCheck.violations(
            acknowledged: [id], outbox: OutboxSnapshot(items: [item]), audit: Audit(), turns: [other], atRest: true)
        #expect(violations.map(\.rule) == [.falseState])
    }
}

@Suite struct `The check of the mirror` {
    /// A server with two conversations and a deleted third one, and its true mirror.
    private func world() -> (server: SimulatedServer, mirror: MirrorSnapshot) {
        var client = DirectClient()
        client.start()
        client.start("sandbox:numbers")
        client.ask(.delete(client.start()))
        var conversations = client.server.conversations.map { served in
            MirrorSnapshot.Conversation(
                id: served.id, raw: served.raw,
                entries: served.entries.map { MirrorSnapshot.Entry(id: $0.id, raw: $0.inHistory) })
        }
        conversations += client.server.deleted.map { .init(id: $0, raw: nil, entries: [], isDeletedRemotely: true) }
        return (client.server, MirrorSnapshot(conversations: conversations))
    }

    private func rules(
        _ change: (MirrorSnapshot.Conversation) -> MirrorSnapshot.Conversation?
    ) -> [Violation.Rule] {
        let (server, mirror) = world()
        var conversations = mirror.conversations
        let changed = change(conversations.removeFirst())
        let altered = MirrorSnapshot(conversations: [changed].compactMap(\.self) + conversations)
        return MirrorCheck.differences(mirror: altered, server: server).map(\.rule)
    }

    @Test func `is content with the server's very bytes`() { #expect(rules { $0 }.isEmpty) }
    @Test func `lets the response's completed_at stand where the history has null`() {
        let (server, mirror) = world()
        let completed = server.conversations[1].entries[1].inResponse?["completed_at"]
        let conversations = mirror.conversations.map { conversation in
            MirrorSnapshot.Conversation(
                id: conversation.id, raw: conversation.raw,
                entries: conversation.entries.map { entry in
                    entry.id == server.conversations[1].entries[1].id
                        ? .init(id: entry.id, raw: entry.raw.setting("completed_at", to: completed)) : entry
                }, isDeletedRemotely: conversation.isDeletedRemotely)
        }
        #expect(completed != nil)
        #expect(
            MirrorCheck.differences(mirror: MirrorSnapshot(conversations: conversations), server: server).isEmpty)
    }
    @Test func `sees a conversation that is missing`() { #expect(rules { _ in nil } == [.mirrorDiffers]) }
    @Test func `sees a conversation that has changed since`() {
        #expect(
            rules { .init(id: $0.id, raw: $0.raw?.setting("x", to: .null), entries: $0.entries) } == [.mirrorDiffers])
    }
    @Test func `sees a conversation taken for deleted`() {
        let seen = rules { .init(id: $0.id, raw: $0.raw, entries: $0.entries, isDeletedRemotely: true) }
        #expect(seen == [.falseDeletion])
    }
    @Test func `sees an entry that is missing, out of order, or marked as dropped`() {
        #expect(rules { .init(id: $0.id, raw: $0.raw, entries: $0.entries.dropLast()) } == [.mirrorDiffers])
        #expect(rules { .init(id: $0.id, raw: $0.raw, entries: $0.entries.reversed()) } == [.mirrorDiffers])
        let dropped = rules { conversation in
            let entries = conversation.entries.map { MirrorSnapshot.Entry(id: $0.id, raw: $0.raw, isDropped: true) }
            return .init(id: conversation.id, raw: conversation.raw, entries: entries)
        }
        #expect(dropped == [.mirrorDiffers])
    }
    @Test func `sees a number that was read and written again`() {
        let seen = rules { conversation in
            let entries = conversation.entries.map { entry in
                MirrorSnapshot.Entry(id: entry.id, raw: .stored(entry.raw.text.replacing("1.0", with: "1")))
            }
            return .init(id: conversation.id, raw: conversation.raw, entries: entries)
        }
        #expect(seen == [.mirrorDiffers])
    }
    @Test func `sees a deletion that the mirror missed`() {
        let (server, mirror) = world()
        let conversations = mirror.conversations.map {
            MirrorSnapshot.Conversation(id: $0.id, raw: $0.raw, entries: $0.entries)
        }
        let seen = MirrorCheck.differences(mirror: MirrorSnapshot(conversations: conversations), server: server)
        #expect(seen.map(\.rule) == [.mirrorDiffers])
    }
    @Test func `sees what was held once and is gone, unless a person deleted it`() {
        let (_, mirror) = world()
        let first = mirror.conversations[0]
        let without = MirrorSnapshot(conversations: Array(mirror.conversations.dropFirst()))
        let shorter = MirrorSnapshot(
            conversations: [.init(id: first.id, raw: first.raw, entries: first.entries.dropLast())]
                + mirror.conversations.dropFirst())
        #expect(MirrorCheck.losses(earlier: mirror, later: mirror).isEmpty)
        #expect(MirrorCheck.losses(earlier: mirror, later: without).map(\.rule) == [.forgotten])
        #expect(MirrorCheck.losses(earlier: mirror, later: shorter).map(\.rule) == [.forgotten])
        #expect(MirrorCheck.losses(earlier: mirror, later: without, deletedHere: [first.id]).isEmpty)
    }
}

@Suite struct `The check of requests` {
    private let operation = OperationID("op-1")
    private let doubtful = Audit.Outcome.failed(.answerLost, effect: .unknown, retryAfter: nil)

    private func rules(_ records: [Audit.Record], _ change: (inout RequestCheck) -> Void = { _ in }) -> [Violation.Rule]
    {
        var check = RequestCheck()
        change(&check)
        return check.violations(in: Audit(records: records)).map(\.rule)
    }

    @Test func `sees two writers of ours in one conversation, and allows two in two`() {
        #expect(rules([record(1, at: 0, lasts: 10), record(2, at: 5, lasts: 1)]) == [.overlappingWriters])
        #expect(rules([record(1, at: 0, lasts: 10), record(2, at: 10, lasts: 1)]).isEmpty)
        #expect(rules([record(1, at: 0, lasts: 10), record(2, to: "conv_2", at: 5, lasts: 1)]).isEmpty)
    }
    @Test func `sees a resend from doubt without a look, or with one that came too early`() {
        let first = record(1, operation: operation, at: 0, lasts: 1, outcome: doubtful)
        func look(at second: Int) -> Audit.Record {
            record(2, .history(RemoteID("conv_1")), at: second)
        }
        #expect(rules([first, record(2, operation: operation, at: 200)]) == [.blindResend])
        #expect(rules([first, look(at: 30), record(3, operation: operation, at: 200)]) == [.blindResend])
        #expect(rules([first, look(at: 92), record(3, operation: operation, at: 200)]).isEmpty)
    }
    @Test func `allows a resend of what certainly did nothing, after the back-off`() {
        let failed = Audit.Outcome.failed(.unreachable, effect: .none, retryAfter: nil)
        let first = record(1, operation: operation, at: 0, lasts: 1, outcome: failed)
        #expect(rules([first, record(2, operation: operation, at: 3)]) { $0.forgives = [.costlyProbe] }.isEmpty)
        #expect(
            rules([first, record(2, operation: operation, at: 1)]) { $0.forgives = [.costlyProbe] } == [.impatient])
    }
    @Test func `sees two attempts within one wait of an outage, whatever they ask for`() {
        let failed = Audit.Outcome.failed(.unreachable, effect: .none, retryAfter: nil)
        let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        let read = SimulatedRequest.get(RemoteID("conv_1"))
        func outage(_ seconds: Int...) -> [Audit.Record] {
            seconds.enumerated().map { number, second in
                record(number + 1, number % 2 == 0 ? look : read, at: second, lasts: 1, outcome: failed)
            }
        }
        #expect(rules(outage(0, 2, 5, 10, 19, 36, 69, 130, 191)).isEmpty)
        #expect(rules(outage(0, 2, 5, 9)) == [.impatient])
        #expect(rules(outage(0, 2, 5, 9)) { $0.wakes = [.start + .seconds(8)] }.isEmpty)
        #expect(rules(outage(0, 0, 0)).isEmpty, "what was under way when it began")
        #expect(rules(outage(0, 2, 2)) == [.impatient], "two try at once")
        let answered = record(3, read, at: 5, lasts: 1)
        #expect(rules(outage(0, 2) + [answered, record(4, look, at: 6), record(5, read, at: 6)]).isEmpty)
    }
    /// The server refuses our key; the engine asks whose another one is.
    @Test func `sees an attempt with a refused key, and knows when another key has taken its place`() {
        let refused = Audit.Outcome.failed(.status(401), effect: .none, retryAfter: nil)
        let broken = Audit.Outcome.failed(.status(502), effect: .none, retryAfter: nil)
        let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        let first = record(1, look, at: 0, lasts: 1, outcome: refused)
        func inquiry(_ outcome: Audit.Outcome) -> Audit.Record {
            record(2, .whoAmI, at: 1, lasts: 1, outcome: outcome, key: "new")
        }
        #expect(rules([first, record(3, look, at: 1)]) == [.impatient])
        #expect(rules([first, inquiry(.answered), record(3, look, at: 2, key: "new")]).isEmpty)
        let again = record(3, look, at: 2, lasts: 1, outcome: refused)
        #expect(rules([first, inquiry(broken), again]).isEmpty)
        #expect(rules([first, inquiry(broken), again, record(4, look, at: 4)]) == [.impatient], "3 + 2 seconds")
        #expect(rules([first, inquiry(broken), again, record(4, look, at: 5)]).isEmpty)
        let late = record(3, look, at: 1, lasts: 2, outcome: refused)  // it was sent before the new key was known
        #expect(rules([first, inquiry(.answered), late, record(4, look, at: 3, key: "new")]).isEmpty)
    }
    @Test func `sees a request before the server's Retry-After is over`() {
        let limited = Audit.Outcome.failed(.status(429), effect: .none, retryAfter: .seconds(5))
        let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        let first = record(1, look, at: 0, lasts: 1, outcome: limited)
        let others = (2...5).map { record($0, look, at: 2, lasts: 1, outcome: limited) }
        func last(at second: Int) -> [Audit.Record] { [first] + others + [record(6, look, at: second)] }
        #expect(rules(last(at: 5)) == [.impatient])
        #expect(rules([first, record(2, look, at: 5)]).isEmpty)
        #expect(rules(last(at: 8)).isEmpty)
        #expect(rules(last(at: 5)) { $0.wakes = [.start + .seconds(4)] }.isEmpty)
    }
    @Test func `sees a daemon's list before a long Retry-After is over, whatever came in between`() {
        let limited = Audit.Outcome.failed(.status(429), effect: .none, retryAfter: .seconds(600))
        let look = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        let probe = SimulatedRequest.list(page: 0, pageSize: 1, metadata: nil)
        let first = [record(1, look, at: 0, lasts: 1, outcome: limited), record(2, probe, at: 5)]
        #expect(rules(first + [record(3, look, at: 600)]) == [.impatient])
        #expect(rules(first + [record(3, look, at: 300), record(4, look, at: 600)]) == [.impatient, .impatient])
        #expect(rules(first + [record(3, look, at: 601)]).isEmpty)
        #expect(rules(first + [record(3, look, at: 600)]) { $0.clockJumps = [.start + .seconds(9)] }.isEmpty)
        #expect(rules(first + [record(3, look, at: 600)]) { $0.runByHand = [0] }.isEmpty)
        let lost = Audit.Outcome.failed(.answerLost, effect: .unknown, retryAfter: nil)
        let start = record(3, .start(StartRequest(inputs: .text("x"))), at: 6, lasts: 1, outcome: lost)
        #expect(rules(first + [start, record(4, look, at: 600)]) { $0.forgives = [.malformedRequest] }.isEmpty)
    }
    @Test func `sees a refused write sent again, unless a person asked for it`() {
        let refused = Audit.Outcome.failed(.status(422), effect: .none, retryAfter: nil)
        let records = [
            record(1, operation: operation, at: 0, lasts: 1, outcome: refused),
            record(2, operation: operation, at: 60),
        ]
        #expect(rules(records) == [.stubborn])
        #expect(rules(records) { $0.retriedByHand = [operation] }.isEmpty)
    }
    @Test func `knows that a refusal dies with the process that was told`() {
        let operation = OperationID("op_1")
        let refused = Audit.Outcome.failed(.status(422), effect: .none, retryAfter: nil)
        let (told, next) = (
            record(1, operation: operation, by: 1, at: 0, lasts: 1, outcome: refused),
            record(3, operation: operation, by: 2, at: 160)
        )
        #expect(rules([told, next]).isEmpty)
        #expect(rules([told, record(2, to: "conv_2", by: 1, at: 30), next]) == [.stubborn])
    }
    @Test func `sees a request that the schema forbids`() {
        #expect(rules([record(1, .list(page: 0, pageSize: 500, metadata: nil), at: 0)]) == [.malformedRequest])
        let body = AppendRequest(json: .stored(#"{"inputs":"x","model":"m"}"#))
        #expect(rules([record(1, .append(body, to: RemoteID("conv_1")), at: 0)]) == [.malformedRequest])
    }
}

private func turn(call: Int) -> Turn {
    Turn(
        kind: .append, cause: .client(call: call), conversation: RemoteID("conv_1"), at: .start, inputs: [], outputs: []
    )
}

/// An append to `conv_1` unless told otherwise; times in seconds.
private func record(
    _ number: Int, _ request: SimulatedRequest? = nil, to conversation: String = "conv_1",
    operation: OperationID? = nil,
    by sender: Int = 0, at second: Int? = nil, lasts: Int = 1, outcome: Audit.Outcome = .answered, key: String? = nil
) -> Audit.Record {
    let sent = VirtualInstant.start + .seconds(second ?? number * 100)
    let access = AccessPlan().source(at: .start)
    return Audit.Record(
        number: number, sender: sender, operation: operation,
        request: request ?? .append(AppendRequest(inputs: .text("x")), to: RemoteID(conversation)),
        access: key.map { Access(server: access.server, key: $0) } ?? access, sentAt: sent,
        finishedAt: sent + .seconds(lasts), outcome: outcome)
}
