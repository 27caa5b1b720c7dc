import ConvoAPI
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `A simulated turn` {
    @Test func `answers with outputs only; the inputs and their ids are in the history`() {
        var peer = Peer()
        let id = peer.start()
        let answer = peer.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))
        #expect(answer["conversation_id"]?.string == id.rawValue)
        #expect(answer["outputs"]?.elements.map { $0["content"]?.string } == ["echo: again"])
        #expect(peer.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
    }

    @Test func `has the same output ids in the response and the history, and completed_at in the response alone`() {
        var peer = Peer()
        let id = peer.start()
        let output = peer.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))["outputs"]?.elements.last
        let entry = peer.entries(of: id).last
        #expect(output?["id"] == entry?["id"])
        #expect(output?["completed_at"]?.kind == .string)
        #expect(entry?["completed_at"]?.isNull == true)
    }

    @Test func `moves updated_at on an append, and not when a start completes`() throws {
        var peer = Peer()
        let id = peer.start()
        let fresh = try Conversation(raw: peer.answer(to: .get(id)))
        #expect(fresh.updatedAt.microseconds - fresh.createdAt.microseconds == 1)
        peer.append("again", to: id)
        let later = try Conversation(raw: peer.answer(to: .get(id)))
        #expect(later.updatedAt > fresh.updatedAt)
        #expect(later.createdAt == fresh.createdAt)
    }

    @Test func `is refused with 409 while another one runs in the conversation, and not in another`() {
        var peer = Peer()
        let (one, other) = (peer.start(), peer.start())
        let running = peer.world.send(.append(AppendRequest(inputs: .text("long")), to: one))
        #expect(peer.world.send(.append(AppendRequest(inputs: .text("too soon")), to: one)).result.status == 409)
        #expect(peer.world.send(.append(AppendRequest(inputs: .text("beside")), to: other)).result.error == nil)
        peer.world.advance(to: running.finishesAt)
        #expect(peer.append("now", to: one).error == nil)
        #expect(peer.texts(of: one).filter { !$0.hasPrefix("echo") } == ["hello", "long", "now"])
    }

    @Test func `of a client that went away is committed, and the lock holds on for up to 90 seconds`() {
        let fault = Fault.answerLost(brokenAfter: .milliseconds(20), lockHolds: .seconds(80))
        var peer = Peer(faults: [2: fault])
        let id = peer.start()
        let lost = peer.append("again", to: id)
        #expect(lost.error?.kind == .answerLost)
        #expect(lost.error?.effect == .unknown)
        #expect(peer.texts(of: id) == ["hello", "echo: hello"])
        peer.pass(.seconds(40))
        #expect(peer.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
        #expect(peer.append("more", to: id).status == 409)
        peer.pass(.seconds(50))
        #expect(peer.append("more", to: id).error == nil)
    }

    @Test func `can surface long after its connection broke`() {
        var peer = Peer(faults: [2: .lateCommit(brokenAfter: .seconds(1), by: .seconds(70))])
        let id = peer.start()
        peer.append("again", to: id)
        peer.pass(.seconds(60))
        #expect(peer.texts(of: id).count == 2)
        peer.pass(.seconds(30))
        #expect(peer.texts(of: id).count == 4)
    }

    @Test func `shows in the history while it runs as the switch says`() {
        func seen(_ shown: ServerSwitches.HistoryDuringRun) -> (status: Int?, entries: Int) {
            var peer = Peer { $0.historyDuringRun = shown }
            let id = peer.start()
            _ = peer.world.send(.append(AppendRequest(inputs: .text("again")), to: id))
            let answer = peer.world.send(.history(id)).result
            return (answer.status, ((try? answer.get().object["entries"]?.elements) ?? []).count)
        }
        #expect(seen(.asBefore) == (nil, 2))
        #expect(seen(.inputsOnly) == (nil, 3))
        #expect(seen(.refused) == (409, 0))
    }

    @Test func `that fails leaves its inputs in the history or not, as the switch says`() {
        func texts(_ failed: ServerSwitches.FailedInputs) -> [String] {
            var peer = Peer { $0.failedInputs = failed }
            let id = peer.start()
            #expect(peer.append("[fail]", to: id).status == 503)
            return peer.texts(of: id)
        }
        #expect(texts(.dropped) == ["hello", "echo: hello"])
        #expect(texts(.kept) == ["hello", "echo: hello", "[fail]"])
    }

    @Test(arguments: [true, false])
    func `keeps an id that the client gave an input, or not, as the switch says`(keeps: Bool) {
        var peer = Peer { $0.keepsClientEntryIDs = keeps }
        let id = peer.start()
        peer.append([.stored(#"{"type":"message.input","role":"user","content":"x","id":"msg_mine"}"#)], to: id)
        #expect(peer.entries(of: id).contains { $0["id"]?.string == "msg_mine" } == keeps)
    }

    @Test func `with tools on an append is refused: extra_forbidden`() {
        var peer = Peer()
        let id = peer.start()
        let body = AppendRequest(json: .stored(#"{"inputs":"x","tools":[]}"#))
        #expect(peer.ask(.append(body, to: id)).status == 422)
    }

    @Test func `without inputs is refused`() {
        var peer = Peer()
        let id = peer.start()
        #expect(peer.append([], to: id).status == 422)
        #expect(peer.ask(.start(StartRequest(json: .stored(#"{"model":"m"}"#)))).status == 422)
        let restart = RestartRequest(json: .object(["from_entry_id": .string("msg_1")]))
        #expect(peer.ask(.restart(restart, of: id)).status == 422)
    }
}
