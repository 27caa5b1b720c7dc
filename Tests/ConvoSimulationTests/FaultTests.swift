import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import SeededRandom
import Testing

@Suite struct `A simulated fault` {
    /// The error of an append with this fault, and the number of turns that it leaves on the server.
    private func append(_ fault: ExchangeFault) -> (error: APIError?, turns: Int) {
        let client = DirectClient(faults: [2: fault])
        let id = client.start()
        let error = client.append("again", to: id).error
        client.pass(.seconds(200))
        return (error, client.server.turns.count - 1)
    }

    @Test func `before the server does nothing there`() {
        let lost = append(.requestLost(brokenAfter: .seconds(1)))
        #expect(lost.error?.kind == .answerLost)
        #expect(lost.error?.effect == .unknown)
        #expect(lost.turns == 0)
        #expect(append(.errorBefore(status: 503)).turns == 0)
        #expect(append(.rateLimited(retryAfter: .seconds(7))).error?.retryAfter == .seconds(7))
        #expect(append(.rateLimited(retryAfter: nil)).turns == 0)
        #expect(append(.unauthorized(lasts: .seconds(9))).error?.kind == .status(401))
        #expect(append(.unreachable(lasts: .seconds(9))).error?.kind == .unreachable)
        #expect(append(.unreachable(lasts: .seconds(9))).error?.effect == APIError.Effect.none)
    }

    @Test func `after the server leaves the turn there`() {
        #expect(append(.errorAfter(status: 502)).error?.kind == .status(502))
        #expect(append(.errorAfter(status: 502)).turns == 1)
        #expect(append(.malformed).error?.kind == .notTheAPI(status: 200))
        #expect(append(.malformed).turns == 1)
        #expect(append(.resetInStream).error?.kind == .truncatedStream)
        #expect(append(.resetInStream).turns == 1)
        #expect(append(.requestLate(brokenAfter: .seconds(1), arrivesAfter: .seconds(30))).turns == 1)
        let late = append(.answerLate(by: .seconds(30)))
        #expect(late.error == nil)
        #expect(late.turns == 1)
    }

    @Test func `that lasts is over when its time is`() {
        let client = DirectClient(faults: [1: .unreachable(lasts: .seconds(10))])
        #expect(client.ask(.get(RemoteID("conv_x"))).error?.kind == .unreachable)
        #expect(client.ask(.get(RemoteID("conv_x"))).error?.kind == .unreachable)
        client.pass(.seconds(10))
        #expect(client.ask(.get(RemoteID("conv_x"))).status == 404)
    }

    @Test func `that is our own death leaves the run to itself and the lock behind`() {
        let client = DirectClient(seed: 3)
        let id = client.start()
        _ = client.world.send(.append(AppendRequest(inputs: .text("again")), to: id))
        client.world.clientVanished()
        #expect(client.world.audit.records.last?.outcome == .vanished)
        client.pass(ServerSwitches.usualLockLimit)
        #expect(client.texts(of: id).last == "echo: again")
        #expect(!client.server.isLocked(id))
    }

    @Test func `is drawn from a seed, the same each time, of every kind`() {
        func plan(_ seed: UInt64) -> FaultPlan {
            var random = SplitMix64(seed: seed)
            return FaultPlan(drawnFrom: &random, perMille: 300, requests: 1000)
        }
        #expect(plan(7) == plan(7))
        #expect(plan(7) != plan(8))
        #expect((200...400).contains(plan(7).faults.count))
        #expect(Set(plan(7).faults.values.map(\.name)) == Set(ExchangeFault.drawnNames))
    }

    @Test func `of the client's clock moves that clock only`() {
        let jumps = [SimulatedWorld.ClockJump(at: .start + .seconds(5), by: .seconds(-3600))]
        var world = SimulatedWorld(seed: 1, clockJumps: jumps)
        #expect(world.clientClock == world.now)
        world.advance(to: .start + .seconds(5))
        #expect(world.clientClock == world.now + .seconds(-3600))
    }
}

@Suite struct `A crash point` {
    @Test func `kills at its step and at no other`() {
        var points = CrashPoints(deadly: 3)
        #expect(throws: Never.self) { for _ in 0..<2 { try points.pass("before the append") } }
        #expect(throws: Crash.self) { try points.pass("after the append") }
        #expect(throws: Never.self) { try points.pass("later") }
    }
}

@Suite struct `A simulated world` {
    /// Everything that happens to a client that sends the same requests each time.
    private func trace(_ seed: UInt64) -> [String] {
        var random = SplitMix64(seed: seed)
        let switches = ServerSwitches(drawnFrom: &random)
        let faults = FaultPlan(drawnFrom: &random, perMille: 200, requests: 60)
        let others = OtherWriter(drawnFrom: &random, count: 20, within: .seconds(300), texts: ["hello", "again"])
        let client = DirectClient(seed: seed, switches: switches, faults: faults.faults, others: others.steps)
        for _ in 0..<30 {
            client.start()
            if let id = client.list().last { client.append("again", to: id) }
        }
        client.pass(.seconds(1000))
        return client.world.audit.records.map { "\($0.finishedAt) \($0.outcome)" }
            + client.server.conversations.map { "\($0.raw) \($0.entries)" } + client.server.turns.map { "\($0)" }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `replays a seed exactly`(seed: UInt64) {
        #expect(trace(seed) == trace(seed))
    }

    @Test func `has other writers, whose turns are told from ours by who asked, not by the text`() {
        let client = DirectClient(others: [.init(at: .start + .seconds(60), .append(nth: 0, text: "again"))])
        let id = client.start()
        client.append("again", to: id)
        client.pass(.seconds(120))
        #expect(client.texts(of: id).filter { $0 == "again" }.count == 2)
        #expect(client.server.turns.map(\.cause) == [.client(call: 1), .client(call: 2), .other(action: 1)])
    }

    @Test func `drops and rewrites only what our client did not write`() {
        let at = VirtualInstant.start + .seconds(200)
        let client = DirectClient(others: [
            .init(at: .start + .seconds(60), .append(nth: 0, text: "theirs")),
            .init(at: at, .dropEntry(nth: 0, entry: 0)), .init(at: at, .changeEntry(nth: 0, entry: 0)),
        ])
        let id = client.start()
        client.pass(.seconds(300))
        #expect(client.texts(of: id) == ["hello", "echo: hello", "echo: theirs"])
        #expect(client.entries(of: id).last?["edited"]?.bool == true)
    }

    @Test func `speaks the client's protocol, and files each request under the write that it was for`() async throws {
        let operation = OperationID("op-1")
        let world = SharedWorld(SimulatedWorld(seed: 1))
        let client = SimulatedClient(world, pace: Striding(world)) { $0.isTurn ? operation : nil }
        var request = StartRequest(inputs: .text("hello"))
        request.agentID = "ag_1"
        let response = try await client.start(request)
        let history = try await client.getHistory(of: response.conversationID)
        #expect(history.entries.map(\.type) == [.messageInput, .messageOutput])
        #expect(try await client.list(page: 0, pageSize: 10, metadata: nil).conversations.map(\.agentID) == ["ag_1"])
        #expect(world.audit.records.map(\.operation) == [operation, nil, nil])
        try await client.delete(response.conversationID)
        await #expect(throws: APIError.self) { try await client.get(response.conversationID) }
    }
}
