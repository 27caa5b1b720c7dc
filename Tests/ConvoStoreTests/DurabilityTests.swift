import ConvoJSON
import ConvoModel
import Foundation
import SyncRecorder
import Testing

@testable import ConvoStore

/// The store syncs its files to the disk before it returns to the caller.
@Suite struct `What must survive a power cut` {
    private let temporary: TemporaryStore

    init() throws {
        try #require(sync_recorder_install() == 0)
        temporary = try TemporaryStore()
    }

    /// How often `work` synced the write-ahead log; fails if some of the log is not synced in the end.
    private func syncs(_ work: () throws -> Void) throws -> Int64 {
        let log = temporary.path + "-wal"
        let before = sync_recorder_count(log)
        try work()
        let count = sync_recorder_count(log) - before
        guard count > 0 else { return 0 }
        var salts = [UInt8](repeating: 0, count: 8)
        var length: Int64 = 0
        #expect(sync_recorder_log(log, &salts, &length) == 1)
        #expect(try Data(contentsOf: URL(filePath: log)).count == length, "a part of the log was not synced")
        return count
    }

    private func answer() throws -> ConversationResponse { try temporary.response("conv_1", reply("o", "hi")) }

    @Test func `is synced before the caller hears of it`() throws {
        var queued: QueuedWrite?
        #expect(try syncs { queued = try temporary.start() } >= 1)
        let write = try #require(queued)
        #expect(
            try syncs { _ = try temporary.store.append(AppendRequest(inputs: .text("more")), to: write.conversation) }
                >= 1)
        #expect(try syncs { try temporary.store.edit(write.operation, inputs: .text("other")) } >= 1)
        #expect(try syncs { _ = try temporary.store.markSending(write.operation, base: nil) } >= 1)
        #expect(try syncs { _ = try temporary.store.recoverInterrupted() } >= 1)
        let later = Timestamp(microseconds: temporary.clock.now.microseconds + 9_000_000)
        #expect(
            try syncs {
                try temporary.store.markInDoubt(
                    write.operation, reason: .init(code: "x", message: "x"), nextAttempt: later)
            } >= 1)
        #expect(try syncs { _ = try temporary.store.retry(write.operation) } >= 1)
        #expect(try syncs { _ = try temporary.store.setConflictPolicy(.hold, of: write.conversation) } >= 1)
    }

    @Test func `is the answer to an exchange that the server does not store`() throws {
        let write = try temporary.start(isStored: false)
        #expect(try temporary.store.markSending(write.operation, base: nil) != nil)
        #expect(try syncs { try temporary.store.markDelivered(write.operation, response: try answer()) } >= 1)
    }

    @Test func `is what came of such an answer before it broke off`() throws {
        let write = try temporary.start(isStored: false)
        #expect(try temporary.store.markSending(write.operation, base: nil) != nil)
        let entries = try answer().outputs
        #expect(
            try syncs { try temporary.store.keepPartial(of: write.operation, conversation: nil, entries: entries) } >= 1
        )
    }

    @Test func `is not what the server has, too`() throws {
        let write = try temporary.start()
        #expect(try temporary.store.markSending(write.operation, base: nil) != nil)
        #expect(try syncs { try temporary.store.markDelivered(write.operation, response: try answer()) } == 0)
        #expect(try syncs { try temporary.store.mirror(.sample("conv_2"), [message("a", "hello")]) } == 0)
    }
}
