import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `An append that another writer has overtaken`: TwoConversations {
    @Test func `follows the policy of its conversation alone`() throws {
        try store.setConflictPolicy(.hold, of: first)
        #expect(try store.conflictPolicy(of: first) == .hold)
        #expect(try store.conflictPolicy(of: second) == nil)
        try store.setConflictPolicy(nil, of: first)
        #expect(try store.conflictPolicy(of: first) == nil)
        #expect(throws: StoreError.self) { try store.setConflictPolicy(.hold, of: LocalID("none")) }
    }

    @Test func `becomes a branch from what its writer had seen, with what is queued behind it`() throws {
        let before = try temporary.append("before", to: first)
        let (write, behind) = (try temporary.append("mine", to: first), try temporary.append("next", to: first))
        let cancelled = try temporary.append("never", to: first)
        _ = try store.cancel(cancelled)
        let other = try temporary.append("other", to: second)
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 q'")
        #expect(try store.branchOff(write))
        let item = try temporary.item(write)
        #expect(item.kind == .restart && item.state == .queued)
        #expect(item.request["from_entry_id"]?.string == "conv_1 q")
        #expect(item.inputs.string == "mine")
        #expect(item.remoteID == nil && item.parentRemoteID == RemoteID("conv_1"))
        let branch = try store.conversation(matching: item.conversation.rawValue)
        #expect(branch.parent?.conversation == first && branch.parent?.entry == EntryID("conv_1 q"))
        #expect(branch.name == "Name of conv_1" && branch.model == "mistral-small-latest" && !branch.isLocalOnly)
        #expect(try temporary.item(behind).conversation == item.conversation)
        #expect(try temporary.item(behind).kind == .append)
        #expect(try temporary.item(before).conversation == first)
        #expect(try temporary.item(cancelled).conversation == first)
        #expect(try temporary.item(other).conversation == second)
        #expect(try temporary.item(other).kind == .append && temporary.item(before).kind == .append)
        #expect(try store.conversation(matching: first.rawValue).parent == nil)
        #expect(try store.conversation(matching: second.rawValue).parent == nil)
        try store.checkIntegrity()
    }

    @Test func `leaves a deletion with the conversation that it was meant for, behind the branch`() throws {
        let write = try temporary.append("mine", to: first)
        _ = try store.delete(first, .remote)
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 q' WHERE kind = 'append'")
        #expect(try store.branchOff(write))
        let deletion = try #require(try store.operations(in: first).last)
        #expect(deletion.kind == .delete && deletion.remoteID == RemoteID("conv_1"))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [write], "the branch is made first")
        try temporary.doubt(write)
        #expect(try store.readyOperations(limit: 9).map(\.id) == [write])
        try store.markDelivered(write, as: RemoteID("conv_3"))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [deletion.id])
    }

    @Test func `keeps what its writer had seen where another copy may have sent it`() throws {
        let (write, copied) = (try temporary.append(to: first), try temporary.append(to: first))
        try store.run(
            "UPDATE operation SET state = 'held', reason_code = 'copied', seen_entry_id = 'conv_1 a' WHERE id = ?",
            copied.rawValue)
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_1") + [message("i", "first"), reply("o", "echo")])
        try store.run("UPDATE operation SET base_entry_id = 'conv_1 a', base_count = 2")
        try store.noteOwnTurn(of: temporary.item(write), entries: 2)
        #expect(try temporary.item(write).seenEntryID == EntryID("o"))
        #expect(try temporary.item(copied).seenEntryID == EntryID("conv_1 a"))
    }

    @Test func `becomes none where it is no longer queued, confirms calls, or its writer had seen nothing`() throws {
        let moving = try temporary.append(to: first)
        _ = try store.markSending(moving, base: nil)
        let blind = try temporary.append(to: second)
        try store.run("UPDATE operation SET seen_entry_id = NULL WHERE id = ?", blind.rawValue)
        let confirmation = try store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: second
        ).operation
        let start = try temporary.start().operation
        for id in [moving, blind, confirmation, start, OperationID("none")] {
            #expect(try store.branchOff(id) == false)
        }
        #expect(try store.conversations().count == 3)
        #expect(try store.outbox().map(\.kind) == [.append, .append, .append, .start])
    }

    @Test func `is none where only our own turn came between`() throws {
        let sent = try temporary.append("first", to: first)
        let (behind, other) = (try temporary.append("second", to: first), try temporary.append("other", to: second))
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 a'")
        _ = try store.markSending(sent, base: try store.tip(of: first))
        let delivered = try temporary.item(sent)
        try store.markDelivered(sent, response: temporary.response("conv_1", reply("o", "echo")))
        func read(_ more: String...) throws {
            try store.take(
                "conv_1",
                exchange("conv_1") + more)
        }
        try store.noteOwnTurn(of: delivered, entries: 2)
        #expect(try temporary.item(behind).seenEntryID == EntryID("conv_1 a"), "its inputs are not there yet")
        try read(message("i", "first"), reply("o", "echo"))
        try store.noteOwnTurn(of: delivered, entries: 2)
        #expect(try temporary.item(behind).seenEntryID == EntryID("o"))
        #expect(try temporary.item(other).seenEntryID == EntryID("conv_1 a"))
        #expect(try temporary.item(sent).seenEntryID == EntryID("conv_1 a"), "it is over")
        try read(message("i", "first"), reply("o", "echo"), message("t", "theirs"))
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 a'")
        try store.noteOwnTurn(of: delivered, entries: 2)
        #expect(try temporary.item(behind).seenEntryID == EntryID("conv_1 a"), "another writer was there")
        try store.run("UPDATE operation SET seen_entry_id = 'elsewhere'")
        try store.noteOwnTurn(of: delivered, entries: 3)
        #expect(try temporary.item(behind).seenEntryID == EntryID("elsewhere"), "its writer had something else in view")
    }

    @Test func `is none behind our own start, nor behind our own branch`() throws {
        let start = try temporary.start()
        let behind = try temporary.append(to: start.conversation)
        let branch = try temporary.branch(from: "conv_1 q", of: first)
        let after = try temporary.append(to: branch.conversation)
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 q' WHERE id = ?", after.rawValue)
        for (write, name) in [(start, "new"), (branch, "branch")] {
            let item = try temporary.item(write.operation)
            try store.noteOwnCreation(of: item)  // the store has no entry of the answer yet
            if name == "new" { #expect(try temporary.item(behind).seenEntryID == nil) }
            try store.markDelivered(write.operation, response: temporary.response(name, reply("\(name) o", "echo")))
            try store.noteOwnCreation(of: item)
        }
        #expect(try temporary.item(behind).seenEntryID == EntryID("new o"))
        #expect(try temporary.item(after).seenEntryID == EntryID("branch o"))
    }
}
