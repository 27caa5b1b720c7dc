import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// The server drops `metadata`: a pull meets the conversation of our start, and does not recognise it as ours.
@Suite final class `A conversation that a pull met before our start knew its id`: StoreSuite {
    /// What the list says of a conversation that carries the id of a write.
    private func made(_ id: String, by write: OperationID) throws -> Conversation {
        try .sample(id, extra: #","metadata":{"convo_operation_id":"\#(write)"}"#)
    }

    /// Has a pull meet a conversation that a run of this write has made.
    private func meet(_ id: String, of write: QueuedWrite, copies: [String] = []) throws {
        try store.mirror(made(id, by: write.operation), copies + [message("\(id) q", "question")])
    }

    private func parent(_ write: QueuedWrite) throws -> LocalID? {
        try store.conversation(matching: write.conversation.rawValue).parent?.conversation
    }

    @Test func `is one with it, with its writes, its branches and its entries`() throws {
        let start = try temporary.start("question")
        let twin = try temporary.conversation("ours")
        let bystander = try temporary.conversation("theirs")
        let write = try temporary.append("pear", to: twin)
        let elsewhere = try temporary.append("plum", to: bystander)
        let branch = try temporary.branch("fig", from: "ours q", of: twin)
        let other = try temporary.branch("kiwi", from: "theirs q", of: bystander)
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        #expect(throws: StoreError.self) { try store.conversation(matching: twin.rawValue) }
        #expect(try store.localID(matching: "ours") == start.conversation)
        #expect(try temporary.item(write).conversation == start.conversation)
        #expect(try temporary.item(elsewhere).conversation == bystander)
        #expect(try parent(branch) == start.conversation)
        #expect(try parent(other) == bystander)
        #expect(try store.conversation(matching: bystander.rawValue).remoteID == RemoteID("theirs"))
        #expect(try store.status().conversations == 4)
        #expect(try store.search("Name of ours").hits.allSatisfy { $0.conversation != twin })
        try store.checkIntegrity()
        #expect(try store.conversation(matching: start.conversation.rawValue).raw != nil, "what the list said is kept")
        #expect(try store.history(of: start.conversation).entries.map(\.entry.id?.rawValue) == ["ours q", "ours a"])
        #expect(try store.search("Name of ours").hits.first?.conversation == start.conversation)
        try store.mirror(.sample("ours", updated: "2026-01-02T00:00:00Z"), [message("ours q", "hello")])
        #expect(try store.history(of: start.conversation).entries.count == 2, "a history without it may be an old one")
        #expect(try store.history(of: bystander).entries.count == 2)
    }

    @Test func `holds what is queued behind a write that was refused in the other half`() throws {
        let start = try temporary.start("question")
        let twin = try temporary.conversation("ours")
        let refused = try temporary.append("pear", to: twin)
        let behind = try temporary.append("plum", to: start.conversation)
        let before = try store.operation(matching: start.operation.rawValue)
        try temporary.stop(refused)
        #expect(try temporary.item(behind).state == .queued && before.state == .queued)
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        #expect(try temporary.item(behind).state == .held)
        #expect(try temporary.item(behind).reason?.code == Dependence.code)
        #expect(try temporary.item(refused).state == .refused)
    }

    @Test func `sends at once what has waited for our own turn in it`() throws {
        let start = try temporary.start("question")
        let write = try temporary.append("pear", to: try temporary.conversation("ours"))
        let later = temporary.clock.now + .seconds(60)
        try store.markQueued(write, from: .queued, reason: nil, nextAttempt: later)
        #expect(try temporary.item(write).nextAttempt == later)
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        #expect(try temporary.item(write).nextAttempt == nil)
    }

    @Test func `sends what was tried before when its time has come`() throws {
        let start = try temporary.start("question")
        let write = try temporary.append("pear", to: try temporary.conversation("ours"))
        let later = temporary.clock.now + .seconds(60)
        _ = try store.markSending(write, base: nil)
        try store.markQueued(write, from: .sending, reason: .no, nextAttempt: later)
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        #expect(try temporary.item(write).nextAttempt == later)
    }

    /// Entries of an answer that broke off, with the ids that the server gave them.
    private func parts(_ names: String...) throws -> [Entry] {
        try names.map { Entry(raw: try JSONText(reply($0, "half"))) }
    }

    @Test func `keeps the whole of each entry, and of what broke off only what is nowhere else`() throws {
        _ = try temporary.conversation("theirs")
        let start = try temporary.start()
        _ = try store.markSending(start.operation, base: nil)
        try store.keepPartial(of: start.operation, conversation: nil, entries: parts("ours q", "ours a", "nowhere"))
        _ = try temporary.conversation("ours")
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        let entries = try store.history(of: start.conversation, withDropped: true).entries
        let kept = Dictionary(uniqueKeysWithValues: entries.map { ($0.entry.id?.rawValue ?? "", $0) })
        #expect(kept.count == 3 && entries.count == 3)
        #expect(kept["ours q"]?.entry.raw["content"]?.string == "hello" && kept["ours q"]?.droppedAt == nil)
        #expect(kept["ours a"]?.entry.raw["content"]?.string == "echo" && kept["ours a"]?.droppedAt == nil)
        #expect(kept["nowhere"]?.droppedAt != nil)
        let found = try ["half", "echo"].map { try store.search($0).total }
        #expect(found == [1, 2], "what is dropped is found still")
        #expect(try store.history(of: store.localID(matching: "theirs")).entries.count == 2)
        try store.checkIntegrity()
    }

    @Test func `is found by the name that the server has, and by no older one`() throws {
        var request = StartRequest(inputs: .text("question"))
        (request.model, request.name) = ("m", "Mine")
        _ = try temporary.conversation("theirs")
        let start = try store.start(request)
        _ = try temporary.conversation("ours")  // the newest row, whose number the next one gets
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        _ = try temporary.conversation("next")
        #expect(try store.search("Mine").total == 0)
        #expect(try store.search("ours").hits.map(\.conversation) == [start.conversation])
        #expect(try store.conversation(matching: start.conversation.rawValue).name == "Name of ours")
        #expect(try store.conversation(matching: "theirs").name == "Name of theirs")
        try store.checkIntegrity()
    }

    @Test func `is deleted here where our own was`() throws {
        let start = try temporary.start()
        _ = try temporary.conversation("ours")
        try store.run("UPDATE conversation SET hidden = 1 WHERE id = ?", start.conversation.rawValue)
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        #expect(try store.conversations().isEmpty)
        #expect(try store.search("echo").total == 0 && store.search("ours").total == 0)
        #expect(try store.ingest([.sample("ours")]).items == [.unchanged])
        try store.checkIntegrity()
    }

    @Test func `keeps its id where another answer names another`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, as: RemoteID("first"))
        let write = try temporary.append(to: start.conversation)
        try store.markDelivered(write, response: temporary.response("second"))
        #expect(try store.conversation(matching: start.conversation.rawValue).remoteID == RemoteID("first"))
    }

    /// Whether the last history of a conversation was taken for an old one: 1 or 0.
    private func outdated(_ id: LocalID) throws -> Int? {
        try store.number("SELECT history_outdated FROM conversation WHERE id = ?", id.rawValue)
    }

    /// A restart may copy entries under their ids: a branch from such an entry stays with ours.
    @Test func `leaves a branch from a copied entry with the restart`() throws {
        let origin = try temporary.conversation("parent")
        let restart = try temporary.branch("question", from: "parent q", of: origin)
        _ = try store.markSending(restart.operation, base: nil)
        try meet("first", of: restart, copies: [message("parent q", "hello")])
        let (copied, own) = (
            try temporary.branch("fig", from: "parent q", of: restart.conversation),
            try temporary.branch("fig", from: "first q", of: restart.conversation)
        )
        try store.markDelivered(restart.operation, response: temporary.response("second"))
        #expect(try parent(copied) == restart.conversation)
        #expect(try parent(own) == store.localID(matching: "first"))
        try store.checkIntegrity()
    }

    /// The server lists what a start's run has made, refuses the run, and makes another conversation for the next try.
    @Test func `gives way to the one that the start's answer names`() throws {
        let start = try temporary.start("question")
        try meet("first", of: start)
        let branch = try temporary.branch("fig", from: "first q", of: start.conversation)
        let behind = try temporary.append("pear", to: start.conversation)
        // Somebody's branch has the same entry, and its writer knows it.
        try store.mirror(.sample("theirs"), [message("first q", "question")])
        let elsewhere = try temporary.append("plum", to: store.localID(matching: "theirs"))
        try store.markDeletedRemotely([RemoteID("first")])
        try store.run("UPDATE conversation SET history_outdated = 1")
        try store.markDelivered(start.operation, response: temporary.response("second"))
        #expect(try outdated(start.conversation) == 0 && outdated(store.localID(matching: "theirs")) == 1)
        #expect(try temporary.item(elsewhere).seenEntryID == EntryID("first q"))
        let ours = try store.conversation(matching: start.conversation.rawValue)
        #expect(ours.remoteID == RemoteID("second") && ours.deletedRemotelyAt == nil && ours.raw == nil)
        #expect(try temporary.item(behind).conversation == start.conversation)
        #expect(try temporary.item(behind).seenEntryID == nil, "what its writer saw is elsewhere")
        #expect(try store.history(of: start.conversation).entries.allSatisfy { $0.entry.id?.rawValue != "first q" })
        let first = try store.conversation(matching: "first")
        #expect(first.id != start.conversation && first.deletedRemotelyAt != nil && first.raw != nil)
        #expect(try store.history(of: first.id).entries.map(\.entry.id?.rawValue) == ["first q"])
        #expect(try parent(branch) == first.id)
        #expect(try store.ingest([made("first", by: start.operation)]).items == [.changed], "it stays a row of its own")
        #expect(try store.localID(matching: "second") == start.conversation)
        try store.checkIntegrity()
    }

    @Test func `leaves nothing where no read has shown the other one`() throws {
        let start = try temporary.start("question")
        try store.keepPartial(of: start.operation, conversation: RemoteID("first"), entries: [])
        try store.markDelivered(start.operation, response: temporary.response("second"))
        #expect(throws: StoreError.self) { try store.conversation(matching: "first") }
        #expect(try store.localID(matching: "second") == start.conversation)
        #expect(try store.conversations().count == 1)
        try store.checkIntegrity()
    }

    @Test func `keeps a restart waiting until it is known which one is its parent`() throws {
        let start = try temporary.start("question")
        try meet("first", of: start)
        let branch = try temporary.branch("fig", from: "first q", of: start.conversation)
        #expect(try store.readyOperations(limit: 9).map(\.id) == [start.operation])
        try store.markDelivered(start.operation, as: RemoteID("first"))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [branch.operation])
    }

    @Test func `gives way also where a pull has met the one that the answer names`() throws {
        let start = try temporary.start("question")
        try meet("first", of: start)
        try meet("second", of: start)
        try store.markDelivered(start.operation, as: RemoteID("second"))
        #expect(try store.localID(matching: "second") == start.conversation)
        #expect(try store.localID(matching: "first") != start.conversation)
        #expect(try store.conversations().count == 2)
        #expect(try store.history(of: start.conversation).entries.map(\.entry.id?.rawValue) == ["second q"])
        try store.checkIntegrity()
    }

    @Test func `stays where it was shown when its start is cancelled`() throws {
        let start = try temporary.start("question")
        try meet("first", of: start)
        try store.markQueued(start.operation, from: .queued, reason: nil, nextAttempt: nil)
        _ = try store.cancel(start.operation)
        let kept = try store.localID(matching: "first")
        #expect(try store.history(of: kept).entries.map(\.entry.id?.rawValue) == ["first q"])
        try store.checkIntegrity()
    }

    @Test func `stays where only a stream has named it when its start is cancelled`() throws {
        let start = try temporary.start("question")
        try store.keepPartial(of: start.operation, conversation: RemoteID("first"), entries: parts("first a"))
        try store.markQueued(start.operation, from: .queued, reason: nil, nextAttempt: nil)
        let branch = try temporary.branch("fig", from: "first a", of: start.conversation)
        _ = try store.cancel(start.operation)
        #expect(try store.readyOperations(limit: 9).map(\.id) == [branch.operation], "what is meant for it goes on")
        try meet("first", of: start)
        #expect(try store.history(of: store.localID(matching: "first")).entries.first?.entry.id == EntryID("first q"))
        try store.checkIntegrity()
    }

    /// Another copy of the database has sent it.
    @Test func `is shown although its start was cancelled here`() throws {
        let start = try temporary.start("question")
        try store.markQueued(start.operation, from: .queued, reason: nil, nextAttempt: nil)
        _ = try store.cancel(start.operation)
        #expect(try store.conversations().isEmpty)
        try meet("first", of: start)
        #expect(try store.history(of: store.localID(matching: "first")).entries.count == 1)
        try store.checkIntegrity()
    }

    /// The list is read while the start is in flight.
    @Test func `is known by the operation's id, and named once`() throws {
        let (start, other) = (try temporary.start(), try temporary.start())
        let append = try temporary.append(to: other.conversation)
        func met(_ id: String, _ operation: OperationID) throws -> IngestedPage {
            try store.ingest([made(id, by: operation)])
        }
        #expect(try met("conv_1", start.operation).items == [.changed])
        #expect(try temporary.item(start.operation).remoteID == RemoteID("conv_1"))
        #expect(try temporary.item(other.operation).remoteID == nil)
        #expect(try met("copy", start.operation).items == [.new])
        #expect(try temporary.item(start.operation).remoteID == RemoteID("conv_1"))
        #expect(try met("odd", append).items == [.new])
        #expect(try temporary.item(other.operation).remoteID == nil, "an append makes no conversation")
        #expect(try store.conversations().count == 4)
    }

    @Test func `stays deleted here where it was`() throws {
        let start = try temporary.start()
        try store.run("UPDATE conversation SET hidden = 1 WHERE id = ?", start.conversation.rawValue)
        let seen = try made("c", by: start.operation)
        #expect(try store.ingest([seen]).items == [.unchanged])
        #expect(try store.ingest([seen]).items == [.unchanged])
        #expect(try store.conversations().isEmpty)
        #expect(try store.search("Name").total == 0)
    }
}
