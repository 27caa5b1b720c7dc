import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation
import Testing

@Suite struct `A simulated restart` {
    @Test func `makes a new conversation, takes in the entry it starts from, and leaves the old one alone`() {
        let client = DirectClient()
        let id = client.start()
        client.append("again", to: id)
        let from = EntryID(client.entries(of: id)[1]["id"]?.string ?? "")
        let branch = client.restart(id, from: from)
        #expect(branch != id)
        #expect(client.texts(of: branch) == ["hello", "echo: hello", "anew", "echo: anew"])
        #expect(client.texts(of: id) == ["hello", "echo: hello", "again", "echo: again"])
        #expect(client.list() == [branch, id])
    }
}

@Suite struct `A simulated conversation` {
    private let client = DirectClient()

    @Test func `that was deleted is a 404 to every operation`() {
        let id = client.start()
        let last = client.lastEntry(of: id)
        #expect(client.ask(.delete(id)).error == nil)
        let requests: [SimulatedRequest] = [
            .get(id), .history(id), .messages(id), .append(AppendRequest(inputs: .text("x")), to: id),
            .restart(RestartRequest(from: last, inputs: .text("x")), of: id), .delete(id),
        ]
        for request in requests { #expect(client.ask(request).status == 404, "\(request.name)") }
        #expect(client.list().isEmpty)
    }

    @Test func `that was not to be stored has an id and is a 404 at once`() {
        let id = client.start(store: false)
        #expect(id.rawValue.hasPrefix("conv_"))
        #expect(client.ask(.get(id)).status == 404)
        #expect(client.list().isEmpty)
        #expect(client.server.turns.map(\.stored) == [false])
    }

    @Test func `keeps the messages apart from tool executions`() {
        let id = client.start("sandbox:numbers please")
        #expect(client.texts(of: id) == ["sandbox:numbers please", "tool.execution", "echo: sandbox:numbers please"])
        #expect(client.answer(to: .messages(id))["messages"]?.elements.count == 2)
    }

    @Test func `gives numbers that no double holds unchanged`() {
        let id = client.start("sandbox:numbers")
        #expect(client.entries(of: id)[1]["info"]?.text == #"{"score":1.0,"rows":12345678901234567890,"e":1E+2}"#)
    }

    @Test func `has ids with a prefix and 32 digits, in two layouts that sort against time`() {
        let ids = (0..<40).map { _ in client.start().rawValue }
        #expect(Set(ids).count == 40)
        #expect(ids.allSatisfy { $0.utf8.count == 37 })
        #expect(ids != ids.sorted())
    }
}

@Suite struct `A simulated function call` {
    private let client = DirectClient()

    private func result(_ call: String) -> JSONText {
        .object(["type": .string("function.result"), "tool_call_id": .string(call), "result": .string("42")])
    }

    @Test func `must be answered before anything else is said: 3001`() {
        let id = client.start("sandbox:call")
        let call = client.entries(of: id).last?["tool_call_id"]?.string ?? ""
        let refused = client.append("never mind", to: id)
        #expect(refused.status == 400)
        #expect(refused.error?.serverCode == "3001")
        #expect(client.append([result(call)], to: id).error == nil)
        #expect(client.append("thanks", to: id).error == nil)
        #expect(client.texts(of: id).last == "echo: thanks")
    }

    @Test func `that waits for a confirmation takes one, once, without inputs`() {
        let id = client.start("sandbox:confirm")
        let call = client.entries(of: id).last?["tool_call_id"]
        var request = AppendRequest(json: .object([:]))
        request.toolConfirmations = .array([.object(["tool_call_id": call, "confirmation": .string("allow")])])
        #expect(client.ask(.append(request, to: id)).error == nil)
        #expect(client.ask(.append(request, to: id)).status == 400)
    }

    @Test func `left unanswered does not poison a restart from before it`() {
        let id = client.start()
        let good = client.lastEntry(of: id)
        client.append("sandbox:call", to: id)
        let branch = client.restart(id, from: good)
        #expect(client.append("on", to: branch).error == nil)
    }
}
