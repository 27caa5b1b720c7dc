import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import MistralEmulator
import Testing

@Suite struct `A simulated turn` {
    @Test func `answers with outputs only; the inputs and their ids are in the history`() {
        var client = DirectClient()
        let id = client.start()
        let answer = client.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))
        #expect(answer["conversation_id"]?.string == id.rawValue)
        #expect(answer["outputs"]?.elements.map { $0["content"]?.string } == ["echo: again"])
        #expect(client.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
    }

    @Test func `has the same output ids in the response and the history, and completed_at in the response alone`() {
        var client = DirectClient()
        let id = client.start()
        let output = client.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))["outputs"]?.elements.last
        let entry = client.entries(of: id).last
        #expect(output?["id"] == entry?["id"])
        #expect(output?["completed_at"]?.kind == .string)
        #expect(entry?["completed_at"]?.isNull == true)
    }

    @Test func `moves updated_at on an append, and not when a start completes`() throws {
        var client = DirectClient()
        let id = client.start()
        let fresh = try Conversation(raw: client.answer(to: .get(id)))
        #expect(fresh.updatedAt.microseconds - fresh.createdAt.microseconds == 1)
        client.append("again", to: id)
        let later = try Conversation(raw: client.answer(to: .get(id)))
        #expect(later.updatedAt > fresh.updatedAt)
        #expect(later.createdAt == fresh.createdAt)
    }

    @Test func `is refused with 409 while another one runs in the conversation, and not in another`() {
        var client = DirectClient()
        let (one, other) = (client.start(), client.start())
        let running = client.world.send(.append(AppendRequest(inputs: .text("long")), to: one))
        #expect(client.world.send(.append(AppendRequest(inputs: .text("too soon")), to: one)).result.status == 409)
        #expect(client.world.send(.append(AppendRequest(inputs: .text("beside")), to: other)).result.error == nil)
        client.world.advance(to: running.finishesAt)
        #expect(client.append("now", to: one).error == nil)
        #expect(client.texts(of: one).filter { !$0.hasPrefix("echo") } == ["hello", "long", "now"])
    }

    @Test func `of a client that went away is committed, and the lock holds on for up to 90 seconds`() {
        let fault = ExchangeFault.answerLost(brokenAfter: .milliseconds(20), lockHolds: .seconds(80))
        var client = DirectClient(faults: [2: fault])
        let id = client.start()
        let lost = client.append("again", to: id)
        #expect(lost.error?.kind == .answerLost)
        #expect(lost.error?.effect == .unknown)
        #expect(client.texts(of: id) == ["hello", "echo: hello"])
        client.pass(.seconds(40))
        #expect(client.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
        #expect(client.append("more", to: id).status == 409)
        client.pass(.seconds(50))
        #expect(client.append("more", to: id).error == nil)
    }

    @Test func `can surface long after its connection broke`() {
        var client = DirectClient(faults: [2: .lateCommit(brokenAfter: .seconds(1), by: .seconds(70))])
        let id = client.start()
        client.append("again", to: id)
        client.pass(.seconds(60))
        #expect(client.texts(of: id).count == 2)
        client.pass(.seconds(30))
        #expect(client.texts(of: id).count == 4)
    }

    @Test func `shows in the history while it runs as the switch says`() {
        func seen(_ shown: Switches.HistoryWhileBusy) -> (status: Int?, entries: Int) {
            var client = DirectClient { $0.api.historyWhileBusy = shown }
            let id = client.start()
            _ = client.world.send(.append(AppendRequest(inputs: .text("again")), to: id))
            let answer = client.world.send(.history(id)).result
            return (answer.status, ((try? answer.get().object["entries"]?.elements) ?? []).count)
        }
        #expect(seen(.before) == (nil, 2))
        #expect(seen(.partial) == (nil, 3))
        #expect(seen(.refuse) == (409, 0))
    }

    @Test func `that fails leaves its inputs in the history or not, as the switch says`() {
        func texts(_ failed: Switches.FailedAppend) -> [String] {
            var client = DirectClient { $0.api.failedAppend = failed }
            let id = client.start()
            #expect(client.append("sandbox:error=503", to: id).status == 503)
            return client.texts(of: id)
        }
        #expect(texts(.dropsInput) == ["hello", "echo: hello"])
        #expect(texts(.keepsInput) == ["hello", "echo: hello", "sandbox:error=503"])
    }

    @Test(arguments: [true, false])
    func `keeps an id that the client gave an input, or not, as the switch says`(keeps: Bool) {
        var client = DirectClient { $0.api.clientEntryIDs = keeps ? .keep : .ignore }
        let id = client.start()
        client.append([.stored(#"{"type":"message.input","role":"user","content":"x","id":"msg_mine"}"#)], to: id)
        #expect(client.entries(of: id).contains { $0["id"]?.string == "msg_mine" } == keeps)
    }

    @Test func `with tools on an append is refused: extra_forbidden`() {
        var client = DirectClient()
        let id = client.start()
        let body = AppendRequest(json: .stored(#"{"inputs":"x","tools":[]}"#))
        #expect(client.ask(.append(body, to: id)).status == 422)
    }

    @Test func `without inputs is refused`() {
        var client = DirectClient()
        let id = client.start()
        #expect(client.append([], to: id).status == 422)
        #expect(client.ask(.start(StartRequest(json: .stored(#"{"model":"m"}"#)))).status == 422)
        let restart = RestartRequest(json: .object(["from_entry_id": .string("msg_1")]))
        #expect(client.ask(.restart(restart, of: id)).status == 422)
    }
}
