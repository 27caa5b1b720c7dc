import ConvoIPC
import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `A write that is queued`: TwoConversations {
    @Test func `has seen the last entry of its own conversation that the server lists`() throws {
        #expect(try temporary.item(temporary.append(to: first)).seenEntryID == EntryID("conv_1 a"))
        #expect(try temporary.item(temporary.append(to: second)).seenEntryID == EntryID("conv_2 a"))
        try store.run("UPDATE entry SET dropped_at = 'now' WHERE id = 'conv_1 a'")
        #expect(try temporary.item(temporary.append(to: first)).seenEntryID == EntryID("conv_1 q"))
        #expect(try temporary.item(temporary.start().operation).seenEntryID == nil)
    }

    @Test func `shows its conversation as the newest, and none as older than it is`() throws {
        _ = try temporary.append(to: first)
        #expect(try store.conversations().map(\.id) == [first, second])
        temporary.clock.advance(seconds: 1)
        _ = try temporary.append(to: second)
        #expect(try store.conversations().map(\.id) == [second, first])
        try store.mirror(.sample("ahead", updated: "2099-01-01T00:00:00Z"), [message("m", "x")])
        _ = try temporary.append(to: try store.localID(matching: "ahead"))
        _ = try temporary.append(to: second)
        #expect(try store.conversations().first?.remoteID == RemoteID("ahead"))
    }

    @Test func `waits behind what is stopped in its conversation, and names the first of it`() throws {
        let (refused, held) = (try temporary.append(to: first), try temporary.append(to: first))
        try temporary.stop(held, as: .held, .init(code: "ambiguous", message: "who knows"))
        try temporary.stop(refused)
        let behind = try store.append(AppendRequest(inputs: .text("late")), to: first)
        #expect(behind.state == .held)
        let reason = try #require(try temporary.item(behind.operation).reason)
        #expect(reason.code == "dependency")
        #expect(reason.message.contains(refused.rawValue))
        #expect(try store.append(AppendRequest(inputs: .text("x")), to: second).state == .queued)
        #expect(try temporary.item(temporary.append(to: second)).reason == nil)
    }

    @Test func `to start needs either a model or an agent, and inputs`() throws {
        var request = StartRequest(inputs: .text("hello"))
        #expect(throws: StoreError.self) { try store.start(request) }
        request.agentID = "ag_1"
        #expect(try store.start(request).state == .queued)
        request.model = "m"
        #expect(throws: StoreError.self) { try store.start(request) }
        request.agentID = nil
        #expect(try store.start(request).state == .queued)
        for inputs in [nil, JSONText.array([JSONText]()), .int(7)] {
            request.json = request.json.setting("inputs", to: inputs)
            #expect(throws: StoreError.self) { try store.start(request) }
        }
        #expect(try store.outbox().count == 2)
    }

    @Test func `to start is found by the name that it gives, before it is sent`() throws {
        var request = StartRequest(inputs: .text("hello"))
        (request.model, request.name) = ("m", "Apricot")
        let start = try store.start(request)
        #expect(try store.search("apricot").hits.map(\.conversation) == [start.conversation])
    }

    @Test func `has a bounded size`() throws {
        func request(_ length: Int) -> JSONText {
            AppendRequest(inputs: .text(String(repeating: "x", count: length))).json
        }
        let fits = Store.requestLimit - request(0).text.utf8.count
        #expect(refusal { try Store.checkInputs(request(fits)) }.isEmpty)
        let error = StoreError.requestTooLarge(bytes: Store.requestLimit + 1, limit: Store.requestLimit)
        #expect(refusal { try Store.checkInputs(request(fits + 1)) } == "\(error)")
    }

    @Test func `is refused where the server has no such conversation any more, or never had`() throws {
        try store.markDeletedRemotely([RemoteID("conv_1")])
        #expect(refusal { _ = try temporary.append(to: first) } == "\(StoreError.deletedRemotely(first))")
        #expect(try temporary.item(temporary.append(to: second)).state == .queued)
        let unstored = try temporary.start(isStored: false).conversation
        #expect(refusal { _ = try temporary.append(to: unstored) } == "\(StoreError.localOnly(unstored))")
        #expect(try store.conversation(matching: unstored.rawValue).isLocalOnly)
        let third = try temporary.conversation("conv_3")
        _ = try store.delete(third, .local)
        #expect(refusal { _ = try temporary.append(to: third) } == "\(StoreError.noSuchConversation(third.rawValue))")
    }

    @Test func `to branch needs an entry of that conversation, and remembers it`() throws {
        func restart(from entry: String) throws -> QueuedWrite {
            try store.restart(RestartRequest(from: EntryID(entry), inputs: .text("other")), of: first)
        }
        let missing = StoreError.noSuchEntry("conv_2 a", conversation: first)
        #expect(refusal { _ = try restart(from: "conv_2 a") } == "\(missing)")
        let nowhere = RestartRequest(json: .object(["inputs": .string("x")]))
        #expect(throws: StoreError.self) { try store.restart(nowhere, of: first) }
        let silent = RestartRequest(json: .object(["inputs": .array([]), "from_entry_id": .string("conv_1 q")]))
        #expect(throws: StoreError.self) { try store.restart(silent, of: first) }
        let branch = try restart(from: "conv_1 q")
        let made = try store.conversation(matching: branch.conversation.rawValue)
        #expect(made.parent?.conversation == first)
        #expect(made.parent?.entry == EntryID("conv_1 q"))
        #expect(made.parent?.isInferred == false)
        #expect(made.model == "mistral-small-latest" && made.name == "Name of conv_1")
        #expect(!made.isLocalOnly)
        #expect(try temporary.item(branch.operation).parentRemoteID == RemoteID("conv_1"))
        #expect(try store.conversation(matching: first.rawValue).parent == nil)
        let unstored = RestartRequest(
            json: .object(["inputs": .string("x"), "from_entry_id": .string("conv_1 q"), "store": .bool(false)]))
        let other = try store.restart(unstored, of: first).conversation
        #expect(try store.conversation(matching: other.rawValue).isLocalOnly)
    }

    @Test func `to delete is sent, whatever stays here`() throws {
        let remote = try #require(try store.delete(first, .remote))
        #expect(try store.conversations().count == 2)
        let both = try #require(try store.delete(second, .both))
        #expect(try store.conversations().map(\.id) == [first])
        let ready = try store.readyOperations(limit: 9)
        #expect(ready.map(\.id) == [remote.operation, both.operation])
        #expect(ready.map(\.kind) == [.delete, .delete])
        #expect(ready.map(\.remoteID) == [RemoteID("conv_1"), RemoteID("conv_2")])
        _ = try store.markSending(remote.operation, base: nil)
        try store.markDelivered(remote.operation)
        #expect(try store.conversation(matching: "conv_1").deletedRemotelyAt != nil)
        #expect(try store.delete(first, .remote) == nil)
        #expect(try store.readyOperations(limit: 9).map(\.id) == [both.operation])
    }

    @Test func `is not needed to delete what is here only`() throws {
        #expect(try store.delete(first, .local) == nil)
        #expect(try store.conversations().map(\.id) == [second])
        let new = try temporary.start()
        #expect(try store.delete(new.conversation, .remote) == nil)
        #expect(try store.outbox().map(\.id) == [new.operation])
    }

    @Test func `is not lost with its conversation`() throws {
        let write = try temporary.append(to: first)
        for scope in [DeletionScope.local, .both] {
            #expect(
                refusal { _ = try store.delete(first, scope) } == "\(StoreError.pendingWrites(1, conversation: first))")
        }
        #expect(try store.delete(first, .remote) != nil)
        #expect(try store.delete(second, .local) == nil)
        let other = try temporary.conversation("conv_3")
        let more = try temporary.append(to: other)
        _ = try store.cancel(more)
        #expect(try store.delete(other, .local) == nil)
        #expect(try temporary.item(write).state == .queued)
    }

    @Test(arguments: [
        "start", "append", "restart", "delete", "retry", "retry all", "cancel", "cancel all",
    ])
    func `wakes whoever waits for work:`(_ verb: String) throws {
        let stopped = try temporary.append(to: first)
        try temporary.stop(stopped)
        let listener = try WakeupChannel.Listener(beside: temporary.path)
        while listener.wait(milliseconds: 100) {}
        switch verb {
        case "start": _ = try temporary.start()
        case "append": _ = try temporary.append(to: second)
        case "restart": _ = try temporary.branch("x", from: "conv_1 q", of: first)
        case "delete": _ = try store.delete(second, .remote)
        case "retry": try store.retry(stopped)
        case "retry all": #expect(try store.retryAll(in: [.refused]) == [stopped])
        case "cancel": #expect(try store.cancel(stopped) == [stopped])
        default: #expect(try store.cancelAll(in: [.refused]) == [stopped])
        }
        #expect(listener.wait(milliseconds: 2000))
    }
}

@Suite struct `A message to a conversation whose function was called` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private let calling: LocalID
    private let other: LocalID

    init() throws {
        temporary = try TemporaryStore()
        let calls = ["abc", "def"].map {
            #"{"type":"function.call","id":"fc_\#($0)","tool_call_id":"\#($0)","name":"f","arguments":"{}"}"#
        }
        try temporary.store.mirror(.sample("conv_1"), calls)
        try temporary.store.mirror(
            .sample("conv_2"), [#"{"type":"function.result","id":"r","tool_call_id":"abc","result":"elsewhere"}"#])
        calling = try temporary.store.localID(matching: "conv_1")
        other = try temporary.store.localID(matching: "conv_2")
    }

    private func result(_ call: String) throws -> JSONText {
        try JSONText(#"{"type":"function.result","tool_call_id":"\#(call)","result":"1"}"#)
    }

    private func answer(_ calls: String...) throws -> OperationID {
        try store.append(AppendRequest(inputs: .entries(try calls.map(result))), to: calling).operation
    }

    private func confirm(_ call: String) throws -> OperationID {
        let confirmations = JSONText.array([.object(["tool_call_id": .string(call), "confirmation": .string("allow")])])
        return try store.append(AppendRequest(json: .object(["tool_confirmations": confirmations])), to: calling)
            .operation
    }

    private func missing() -> String { refusal { _ = try temporary.append(to: calling) } }

    private func waits(for calls: String...) -> String { "\(StoreError.unansweredCalls(calls, conversation: calling))" }

    @Test func `waits for each result, of this conversation alone`() throws {
        #expect(missing() == waits(for: "abc", "def"))
        #expect(try temporary.item(temporary.append(to: other)).state == .queued)
        #expect(throws: StoreError.self) { try answer("abc") }
        let elsewhere = try JSONText.array(["abc", "def"].map(result))
        _ = try store.append(AppendRequest(json: .object(["inputs": elsewhere])), to: other)
        #expect(missing() == waits(for: "abc", "def"), "the results are queued for another conversation")
        _ = try answer("def", "abc")
        #expect(missing().isEmpty)
    }

    @Test func `is answered by no other entry that names the call`() throws {
        let execution = #"{"type":"tool.execution","id":"t","tool_call_id":"abc","name":"f"}"#
        let calls = ["abc", "def"].map {
            #"{"type":"function.call","id":"fc_\#($0)","tool_call_id":"\#($0)","name":"f","arguments":"{}"}"#
        }
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), calls + [execution])
        #expect(missing() == waits(for: "abc", "def"))
    }

    @Test func `goes once the mirror has the results, unless the server has dropped them`() throws {
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            [
                #"{"type":"function.call","id":"fc_abc","tool_call_id":"abc","name":"f","arguments":"{}"}"#,
                try result("abc").setting("id", to: .string("r1")).text,
                #"{"type":"function.call","id":"fc_def","tool_call_id":"def","name":"f","arguments":"{}"}"#,
                try result("def").setting("id", to: .string("r2")).text,
            ])
        #expect(missing().isEmpty)
        try store.run("UPDATE entry SET dropped_at = 'now' WHERE id = 'r2'")
        #expect(missing() == waits(for: "def"))
        try store.run("UPDATE entry SET dropped_at = 'now' WHERE id = 'fc_def'")
        #expect(missing().isEmpty)
    }

    @Test(arguments: [false, true])
    func `goes behind a confirmation, not behind one that was cancelled or refused`(isRefused: Bool) throws {
        let (first, second) = (try confirm("abc"), try confirm("def"))
        #expect(missing().isEmpty)
        if isRefused { try temporary.stop(second) } else { _ = try store.cancel(second) }
        #expect(missing() == waits(for: "def"))
        #expect(try temporary.item(first).state == .queued)
    }

    @Test func `has inputs that can be sent, where it confirms calls and has some`() throws {
        let both = AppendRequest(json: .object(["tool_confirmations": .array([JSONText]()), "inputs": .int(1)]))
        #expect(throws: StoreError.self) { try store.append(both, to: calling) }
        #expect(throws: StoreError.self) { try store.append(AppendRequest(json: .object([])), to: other) }
    }
}
