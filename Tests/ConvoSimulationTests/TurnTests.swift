import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `A simulated turn` {
    private let client = DirectClient()
    private let id: RemoteID

    init() { id = client.start() }

    @Test func `answers with outputs only; the inputs and their ids are in the history`() {
        let answer = client.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))
        #expect(answer["conversation_id"]?.string == id.rawValue)
        #expect(answer["outputs"]?.elements.map { $0["content"]?.string } == ["echo: again"])
        #expect(client.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
    }

    @Test func `has the same output ids in the response and the history, and completed_at in the response alone`() {
        let output = client.answer(to: .append(AppendRequest(inputs: .text("again")), to: id))["outputs"]?.elements.last
        let entry = client.entries(of: id).last
        #expect(output?["id"] == entry?["id"])
        #expect(output?["completed_at"]?.kind == .string)
        #expect(entry?["completed_at"]?.isNull == true)
    }

    @Test func `is refused with 409 while another one runs in the conversation, and not in another`() {
        let (one, other) = (id, client.start())
        let running = client.world.send(.append(AppendRequest(inputs: .text("long")), to: one))
        #expect(client.world.send(.append(AppendRequest(inputs: .text("too soon")), to: one)).result.status == 409)
        #expect(client.world.send(.append(AppendRequest(inputs: .text("beside")), to: other)).result.error == nil)
        client.world.advance(to: running.finishesAt)
        #expect(client.append("now", to: one).error == nil)
        #expect(client.texts(of: one).filter { !$0.hasPrefix("echo") } == ["hello", "long", "now"])
    }

    @Test func `of a client that went away is committed, and the lock holds on for up to 90 seconds`() {
        let fault = ExchangeFault.answerLost(brokenAfter: .milliseconds(20), lockHolds: .seconds(80))
        let client = DirectClient(faults: [2: fault])
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
        let client = DirectClient(faults: [2: .lateCommit(brokenAfter: .seconds(1), by: .seconds(70))])
        let id = client.start()
        client.append("again", to: id)
        client.pass(.seconds(60))
        #expect(client.texts(of: id).count == 2)
        client.pass(.seconds(30))
        #expect(client.texts(of: id).count == 4)
    }
}
