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
        func rules(
            _ first: String, _ second: String, queuedIn home: String? = nil, revived: Set<OperationID> = []
        ) -> [Violation.Rule] {
            let homes = home.map { [id: LocalID($0), OperationID("op-2"): LocalID($0)] } ?? [:]
            let items = [("op-1", first), ("op-2", second)].map {
                OutboxSnapshot.Item(
                    id: OperationID($0.0), conversation: LocalID($0.1), kind: .append, state: .delivered)
            }
            let records = [record(1, operation: OperationID("op-2")), record(2, operation: id)]
            return WriteCheck.violations(
                acknowledged: [], outbox: OutboxSnapshot(items: items), audit: Audit(records: records),
                turns: [turn(call: 1), turn(call: 2)], atRest: true, homes: homes, revived: revived
            ).map(\.rule)
        }
        #expect(rules("c", "c") == [.wrongOrder])
        #expect(rules("c", "d").isEmpty)
        #expect(rules("c", "c", queuedIn: "other") == [.wrongOrder], "the other one became this one")
        #expect(rules("branch", "c", queuedIn: "c").isEmpty, "a branch took the first one along")
        #expect(rules("c", "c", revived: [id]).isEmpty, "the first one was cancelled, and a backup has brought it back")
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
    private let server: SimulatedServer
    private let mirror: MirrorSnapshot

    init() {
        let client = DirectClient()
        client.start()
        client.start("sandbox:numbers")
        client.ask(.delete(client.start()))
        server = client.server
        var conversations = server.conversations.map { served in
            MirrorSnapshot.Conversation(
                id: served.id, raw: served.raw, entries: served.entries.map { .init(id: $0.id, raw: $0.inHistory) })
        }
        conversations += server.deleted.map { .init(id: $0, raw: nil, entries: [], isDeletedRemotely: true) }
        mirror = MirrorSnapshot(conversations: conversations)
    }

    private func rules(_ change: (inout [MirrorSnapshot.Conversation]) -> Void) -> [Violation.Rule] {
        var altered = mirror
        change(&altered.conversations)
        return MirrorCheck.differences(mirror: altered, server: server).map(\.rule)
    }

    @Test func `is content with the server's very bytes`() { #expect(rules { _ in }.isEmpty) }
    @Test func `lets the response's completed_at stand where the history has null`() {
        let completed = server.conversations[1].entries[1].inResponse?["completed_at"]
        #expect(completed != nil)
        #expect(rules { $0[1].entries[1].raw = $0[1].entries[1].raw.setting("completed_at", to: completed) }.isEmpty)
    }
    @Test func `sees a conversation that is missing`() { #expect(rules { $0.removeFirst() } == [.mirrorDiffers]) }
    @Test func `sees a conversation that has changed since`() {
        #expect(rules { $0[0].raw = $0[0].raw?.setting("x", to: .null) } == [.mirrorDiffers])
    }
    @Test func `sees a conversation taken for deleted`() {
        #expect(rules { $0[0].isDeletedRemotely = true } == [.falseDeletion])
    }
    @Test func `sees an entry that is missing, out of order, or marked as dropped`() {
        #expect(rules { $0[0].entries.removeLast() } == [.mirrorDiffers])
        #expect(rules { $0[0].entries.reverse() } == [.mirrorDiffers])
        #expect(
            rules { for place in $0[0].entries.indices { $0[0].entries[place].isDropped = true } } == [.mirrorDiffers])
    }
    @Test func `sees a number that was read and written again`() {
        let seen = rules { conversations in
            for place in conversations[0].entries.indices {
                let text = conversations[0].entries[place].raw.text
                conversations[0].entries[place].raw = .stored(text.replacing("1.0", with: "1"))
            }
        }
        #expect(seen == [.mirrorDiffers])
    }
    @Test func `sees a deletion that the mirror missed`() {
        #expect(rules { $0[2].isDeletedRemotely = false } == [.mirrorDiffers])
    }
    @Test func `sees what was held once and is gone, unless a person deleted it`() {
        var (without, shorter) = (mirror, mirror)
        without.conversations.removeFirst()
        shorter.conversations[0].entries.removeLast()
        #expect(MirrorCheck.losses(earlier: mirror, later: mirror).isEmpty)
        #expect(MirrorCheck.losses(earlier: mirror, later: without).map(\.rule) == [.forgotten])
        #expect(MirrorCheck.losses(earlier: mirror, later: shorter).map(\.rule) == [.forgotten])
        var aside = shorter
        aside.conversations[0].unstored = Set(mirror.conversations[0].entries.map(\.id))
        #expect(MirrorCheck.losses(earlier: mirror, later: aside).isEmpty)
        #expect(MirrorCheck.losses(earlier: mirror, later: without, deletedHere: [mirror.conversations[0].id]).isEmpty)
    }
}

private func turn(call: Int) -> Turn {
    Turn(
        kind: .append, cause: .client(call: call), conversation: RemoteID("conv_1"), at: .start, inputs: [], outputs: []
    )
}
