import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import MistralEmulator
import Testing

@Suite struct `The simulated accounts` {
    private let neighbour = AccessPlan.access(to: .neighbour, ours: AccessPlan().source(at: .start))
    private let elsewhere = AccessPlan.access(to: .elsewhere, ours: AccessPlan().source(at: .start))

    private func ask(
        _ world: inout SimulatedWorld, _ request: SimulatedRequest, _ access: Access
    ) -> Result<APIAnswer, APIError> {
        let exchange = world.send(request, with: access)
        world.advance(to: exchange.finishesAt)
        return exchange.result
    }

    @Test func `have conversations of their own, and see none of each other's`() throws {
        let client = DirectClient()
        let id = client.start()
        client.pass(.seconds(20))
        let list = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        for access in [neighbour, elsewhere] {
            let theirs = try ask(&client.world, list, access).get().elements
            #expect(theirs.count == 2)
            #expect(ask(&client.world, .get(id), access).status == 404)
        }
        #expect(client.list() == [id])
    }

    @Test func `may be forbidden to each other`() {
        var plan = AccessPlan()
        plan.foreignView = .forbidden
        var world = SimulatedWorld(seed: 1, others: OtherWriter([.init(at: .start, .start(text: "hi"))]), access: plan)
        world.advance(to: .start + .seconds(20))
        #expect(ask(&world, .get(world.server.conversations[0].id), neighbour).status == 403)
    }

    @Test func `refuse a key that was replaced, until its source is read again`() {
        var plan = AccessPlan()
        plan.rotations = [.init(at: .start + .seconds(10), sourceFollowsAfter: .seconds(5))]
        var world = SimulatedWorld(seed: 1, access: plan)
        let old = plan.source(at: .start)
        let list = SimulatedRequest.list(page: 0, pageSize: 100, metadata: nil)
        #expect(ask(&world, list, old).error == nil)
        world.advance(to: .start + .seconds(11))
        #expect(ask(&world, list, old).status == 401)
        #expect(plan.source(at: world.now) == old)
        world.advance(to: .start + .seconds(15))
        #expect(ask(&world, list, plan.source(at: world.now)).error == nil)
    }
}

@Suite struct `The simulated real world` {
    @Test func `answers in the server's place for a while, and says nothing of what it did`() {
        let client = DirectClient(faults: [2: .portal(.redirect, to: .writes, lasts: .seconds(10))])
        let id = client.start()
        let error = client.append("again", to: id).error
        #expect(error?.kind == .notTheAPI(status: 302))
        #expect(error?.effect == .unknown)
        #expect(client.list() == [id])
        client.pass(.seconds(10))
        #expect(client.append("again", to: id).error == nil)
    }

    @Test func `shows an older history for a while`() {
        let client = DirectClient(faults: [3: .staleReads(.histories, by: .seconds(60), lasts: .seconds(30))])
        let id = client.start()
        client.pass(.seconds(100))
        client.append("again", to: id)
        #expect(client.texts(of: id) == ["hello", "echo: hello"])
        client.pass(.seconds(30))
        #expect(client.texts(of: id).count == 4)
    }

    @Test(arguments: [nil] + InputAlteration.allCases)
    func `keeps a text as the switch says, and never loses it`(change: InputAlteration?) {
        let client = DirectClient { $0.storedText = change }
        let text = Scenario.text(changedBy: change)
        let stored = client.entries(of: client.start(text)).first?["content"]?.text
        let sent = JSONText.string(text).text
        #expect((Array((stored ?? "").utf8) == Array(sent.utf8)) == (change == nil))
        #expect(client.server.turns.first?.said.first?.contains(sent) == true)
    }

    @Test(arguments: ServerSwitches.MetadataShown.allCases)
    func `leaves metadata out as the switch says`(shown: ServerSwitches.MetadataShown) {
        let client = DirectClient { $0.metadataShown = shown }
        let id = client.start(metadata: .object(["a": .string("b")]))
        let rows = (try? client.ask(.list(page: 0, pageSize: 10, metadata: nil)).get().elements) ?? []
        let isInList = [.everywhere, .notInGet, .notOfBranches].contains(shown)
        #expect((rows.first?["metadata"] != nil) == isInList)
        let isInGet = [.everywhere, .notInList, .notOfBranches].contains(shown)
        #expect((client.answer(to: .get(id))["metadata"] != nil) == isInGet)
        guard let last = client.entries(of: id).last?["id"]?.string else { return }
        var restart = RestartRequest(from: EntryID(last), inputs: .text("again"))
        restart.metadata = .object(["a": .string("b")])
        client.ask(.restart(restart, of: id))
        let branch = client.list().first { $0 != id }
        #expect(
            (branch.map { client.answer(to: .get($0))["metadata"] != nil } ?? false)
                == (shown == .everywhere || shown == .notInList))
    }

    @Test func `gives the whole list as each page`() {
        let client = DirectClient { $0.ignoresPage = true }
        let ids = (0..<3).map { _ in client.start() }
        #expect(client.list(page: 7, pageSize: 1) == ids.reversed())
    }

    @Test func `hides what others made, and shows it again`() {
        let client = DirectClient(others: [
            .init(at: .start, .startMany(text: "hi", count: 5)),
            .init(at: .start + .seconds(60), .hideAll(butNewest: 1, alsoInList: true)),
            .init(at: .start + .seconds(90), .showAll),
        ])
        client.pass(.seconds(61))
        #expect(client.list().count == 1)
        #expect(client.server.conversations.count == 5)
        #expect(client.ask(.get(client.server.conversations[4].id)).status == 404)
        client.pass(.seconds(30))
        #expect(client.list().count == 5)
    }

    @Test func `has rows and entries that no client understands, beside those that it does`() throws {
        let client = DirectClient(others: [
            .init(at: .start, .start(text: "hi")), .init(at: .start + .seconds(20), .addOddRow(.numberForID, place: 0)),
            .init(at: .start + .seconds(20), .addOddElement(.withoutType, nth: 0, place: 1)),
            .init(at: .start + .seconds(21), .addOddElement(.tooDeep, nth: 0, place: 2)),
            .init(at: .start + .seconds(22), .addOddElement(.brokenBytes, nth: 0, place: 9)),
        ])
        client.pass(.seconds(30))
        let page = ConversationPage(
            elements: try client.ask(.list(page: 0, pageSize: 10, metadata: nil)).get().elements)
        #expect(page.oddItems.map(\.position) == [0])
        let history = try ConversationHistory(
            try client.ask(.history(page.conversations[0].id)).get().parsed())
        #expect(history.oddItems.map(\.position) == [3, 4])
        #expect(history.oddItems.map(\.isTakenIn) == [false, true])
        #expect(history.entries.map(\.type) == [.messageInput, .unknown, .messageOutput, .messageOutput])
        let served = client.server.mirrored(of: client.server.conversations[0])
        #expect(history.entries.map(\.raw) == served.map(\.inHistory))
    }

    @Test func `has histories that are too large to read`() {
        let client = DirectClient(others: [
            .init(at: .start, .start(text: "hi")), .init(at: .start + .seconds(20), .setOversized(nth: 0, true)),
            .init(at: .start + .seconds(40), .shrinkAll),
        ])
        client.pass(.seconds(30))
        let id = client.list()[0]
        #expect(client.ask(.history(id)).error?.kind == .answerTooLarge(limit: 1 << 26))
        client.pass(.seconds(20))
        #expect(client.texts(of: id).count == 2)
    }

    @Test func `has histories that something else answers`() {
        let client = DirectClient(others: [
            .init(at: .start, .start(text: "hi")), .init(at: .start + .seconds(20), .filterHistory(nth: 0)),
        ])
        client.pass(.seconds(30))
        let id = client.list()[0]
        #expect(client.ask(.history(id)).error?.kind == .notTheAPI(status: 403))
        #expect(client.ask(.get(id)).error == nil)
    }
}

@Suite struct `The checks of the real world` {
    private let id = RemoteID("conv_1")

    private func audit(_ records: [(SimulatedRequest, Tenant?, Int, Audit.Outcome)]) -> Audit {
        Audit(
            records: records.enumerated().map { number, record in
                let sent = VirtualInstant.start + .seconds(record.2)
                return Audit.Record(
                    number: number + 1, operation: OperationID("op"), request: record.0, tenant: record.1, sentAt: sent,
                    finishedAt: sent + .seconds(1), outcome: record.3)
            })
    }

    @Test func `see a write with another's key, and another's conversation in the mirror`() {
        let world = SimulatedWorld(seed: 1)
        func rules(_ audit: Audit, _ ids: [RemoteID]) -> [Violation.Rule] {
            AccountCheck.violations(
                neighbour: world.neighbour, elsewhere: world.elsewhere,
                mirror: MirrorSnapshot(conversations: ids.map { .init(id: $0, raw: nil, entries: []) }), audit: audit
            ).map(\.rule)
        }
        var grown = world
        grown.advance(to: .start + .seconds(20))
        #expect(rules(audit([(.get(id), .neighbour, 0, .answered), (.delete(id), .ours, 1, .answered)]), [id]).isEmpty)
        #expect(rules(audit([(.delete(id), .neighbour, 0, .answered)]), []) == [.wrongAccount])
        let theirs = grown.neighbour.conversations[0].id
        let mixed = AccountCheck.violations(
            neighbour: grown.neighbour, elsewhere: grown.elsewhere,
            mirror: MirrorSnapshot(conversations: [.init(id: theirs, raw: nil, entries: [])]), audit: Audit())
        #expect(mixed.map(\.rule) == [.wrongAccount])
        let given = AccountCheck.violations(
            neighbour: world.neighbour, elsewhere: world.elsewhere, mirror: MirrorSnapshot(conversations: []),
            audit: audit([
                (.delete(id), .ours, 1, .answered), (.delete(id), .ours, 5, .answered),
                (.delete(id), .ours, 9, .answered),
            ]),
            changes: [.init(at: .start + .seconds(3), to: .neighbour), .init(at: .start + .seconds(7), to: .ours)])
        #expect(given.map(\.rule) == [.wrongAccount])
    }

    @Test func `see what is too large fetched again and again`() {
        let tooLarge = Audit.Outcome.failed(.answerTooLarge(limit: 1), effect: .none, retryAfter: nil)
        let many = audit((0..<30).map { (.history(id), .ours, $0 * 60, tooLarge) })
        #expect(WasteCheck.violations(in: many, written: [], lives: 1).map(\.rule) == [.wasteful])
        #expect(WasteCheck.violations(in: many, written: [id], lives: 1).isEmpty)
        #expect(WasteCheck.violations(in: Audit(records: Array(many.records.prefix(2))), written: [], lives: 1).isEmpty)
    }

    @Test func `see a write that waits while nothing is under way`() {
        let write = SimulatedRequest.append(AppendRequest(inputs: .text("x")), to: id)
        func rules(sentAt second: Int, before: [(SimulatedRequest, Tenant?, Int, Audit.Outcome)] = []) -> [Violation
            .Rule]
        {
            let records = audit(before + [(write, .ours, second, .answered)]).records.map { record in
                Audit.Record(
                    number: record.number, operation: record.request.isTurn ? record.operation : nil,
                    request: record.request, sentAt: record.sentAt, finishedAt: record.finishedAt,
                    outcome: record.outcome)
            }
            return PromptCheck.violations(queued: [(OperationID("op"), .start)], audit: Audit(records: records))
                .map(\.rule)
        }
        #expect(rules(sentAt: 1).isEmpty)
        #expect(rules(sentAt: 3) == [.late])
        let reads = (0..<3).map { (SimulatedRequest.get(id), Tenant?.some(.ours), $0, Audit.Outcome.answered) }
        #expect(rules(sentAt: 3, before: reads).isEmpty)
    }

    @Test func `see a turn that tries an outage`() {
        let failed = Audit.Outcome.failed(.unreachable, effect: .none, retryAfter: nil)
        let write = SimulatedRequest.append(AppendRequest(inputs: .text("x")), to: id)
        let trial = audit([(.get(id), .ours, 0, failed), (write, .ours, 10, .answered)])
        #expect(RequestCheck().violations(in: trial).map(\.rule) == [.costlyProbe])
        let read = audit([
            (.get(id), .ours, 0, failed), (.get(id), .ours, 10, .answered), (write, .ours, 12, .answered),
        ])
        #expect(RequestCheck().violations(in: read).isEmpty)
    }

    @Test func `see a deletion that is said to be done, and is not`() {
        let client = DirectClient()
        let id = client.start()
        let outbox = OutboxSnapshot(items: [], deleted: [id])
        #expect(WriteCheck.deletions(outbox, server: client.server, excused: []).map(\.rule) == [.falseState])
        #expect(WriteCheck.deletions(outbox, server: client.server, excused: [id]).isEmpty)
        client.ask(.delete(id))
        #expect(WriteCheck.deletions(outbox, server: client.server, excused: []).isEmpty)
    }
}
