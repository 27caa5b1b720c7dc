import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `Conversations that the server says are gone`: StoreSuite {
    private func mark(_ names: String..., isAccepted: Bool = false) throws {
        try store.markDeletedRemotely(names.map { RemoteID($0) }, isAccepted: isAccepted)
    }

    @Test func `count as recent where the clock was set back by less than a day, unless they were accepted before`()
        throws
    {
        for name in ["a", "b", "c"] { _ = try temporary.conversation(name) }
        try mark("a", isAccepted: true)
        temporary.clock.advance(seconds: 1)
        try mark("b")
        temporary.clock.advance(seconds: -3600)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 1, recentlyMarked: 1))
        try mark("c")
        temporary.clock.advance(seconds: 1)
        #expect(try store.deletionCensus().recentlyMarked == 2, "it was marked after the acceptance")
        temporary.clock.advance(seconds: -86_400)
        #expect(try store.deletionCensus().recentlyMarked == 0, "a clock that was far ahead")
    }

    @Test func `count for a day, or until a person accepts them, unless they were deleted from here`() throws {
        let ids = try (0..<6).map { try temporary.conversation("conv_\($0)") }
        let deletions = try [ids[2], ids[4]].map { try #require(try store.delete($0, .remote)).operation }
        for id in [ids[1], ids[3]] { try store.markDelivered(try temporary.append(to: id)) }
        try mark("conv_0")
        temporary.clock.advance(seconds: 86_399)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 5, recentlyMarked: 1))
        temporary.clock.advance(seconds: 1)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 5, recentlyMarked: 0), "a day is over")
        #expect(try store.isDeletedFromHere(RemoteID("conv_2")) == false, "it has not been sent")
        try store.markDelivered(deletions[0])
        #expect(try store.isDeletedFromHere(RemoteID("conv_2")))
        try mark("conv_1", "conv_3", "conv_4")
        // Our own deletion of conv_4 has not been delivered.
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 1, recentlyMarked: 3))
        temporary.clock.advance(seconds: 1)
        try mark(isAccepted: true)
        #expect(try store.deletionCensus().recentlyMarked == 0)
        try mark("conv_5")
        #expect(try store.deletionCensus().recentlyMarked == 0, "of the very moment of the acceptance")
        temporary.clock.advance(seconds: 86_400 * 2)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 0, recentlyMarked: 0))
        _ = try store.ingest([.sample("conv_0")])
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 1, recentlyMarked: 0))
    }

    @Test func `are waited for no longer`() throws {
        let id = try temporary.conversation("conv_1")
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), [message("i", "a question")])
        try store.run("UPDATE conversation SET history_due = 7, history_outdated = 0")
        #expect(try store.unansweredTurn(of: id) != nil)
        try mark("conv_1")
        #expect(try store.unansweredTurn(of: id) == nil)
    }

    /// Sends a start or restart whose conversation the server has named and no read has shown.
    private func unseen(_ name: String, from parent: LocalID? = nil) throws -> OperationID {
        let write =
            try parent.map {
                try store.restart(RestartRequest(from: EntryID("conv_0 q"), inputs: .text("again")), of: $0)
            } ?? temporary.start()
        _ = try store.markSending(write.operation, base: nil)
        try store.keepPartial(of: write.operation, conversation: RemoteID(name), entries: [])
        return write.operation
    }

    @Test func `may be there still where our own write has just made them and no read has shown them`() throws {
        let parent = try temporary.conversation("conv_0")
        func isUnseen(_ name: String, since moment: Timestamp) throws -> Bool {
            try store.isUnseen(RemoteID(name), madeSince: moment, until: Timestamp(microseconds: .max / 2))
        }
        let early = temporary.clock.now
        let old = try unseen("conv_old")
        temporary.clock.advance(seconds: 1)
        let moment = temporary.clock.now
        _ = try (unseen("conv_new"), unseen("conv_branch", from: parent))
        for name in ["conv_new", "conv_branch"] {
            #expect(try isUnseen(name, since: moment))
            #expect(try !isUnseen(name, since: Timestamp(microseconds: moment.microseconds + 1)))
        }
        #expect(
            try !store.isUnseen(RemoteID("conv_new"), madeSince: early, until: early), "the clock was set back since")
        #expect(try !isUnseen("conv_0", since: early) && !isUnseen("conv_none", since: early))
        #expect(try !isUnseen("conv_old", since: moment))
        // Only the start counts: a later append did not make the conversation.
        try store.markDelivered(old)
        let later = try temporary.append(to: store.localID(matching: "conv_old"))
        _ = try store.markSending(later, base: nil)
        #expect(try !isUnseen("conv_old", since: moment) && isUnseen("conv_old", since: early))
        _ = try store.ingest([.sample("conv_new")])
        #expect(try !isUnseen("conv_new", since: moment))
    }
}
