import ConvoModel
import ConvoPlatform
import ConvoSQLite
import Foundation
import TestFolders
import Testing

@testable import ConvoStore

@Suite struct `A copy of a database` {
    private let folder: TemporaryFolder
    private let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.file("convo.db"))
    }

    /// Copies the database as it is, and the files beside it, and opens the copy.
    private func copy(to name: String, with suffixes: [String] = ["", ".instance"]) throws -> Store {
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        for suffix in suffixes {
            try FileManager.default.copyItem(
                atPath: folder.file("convo.db") + suffix, toPath: folder.file(name) + suffix)
        }
        return try Store(path: folder.file(name))
    }

    @Test(arguments: [["", ".instance"], [""]])
    func `holds every open write, and not what is queued afterwards`(suffixes: [String]) throws {
        let queued = try store.start(.sample())
        let sending = try store.start(.sample())
        let doubtful = try store.start(.sample())
        let held = try store.start(.sample())
        #expect(try store.markSending(sending.operation, base: nil) != nil)
        #expect(try store.markSending(doubtful.operation, base: nil) != nil)
        try store.markInDoubt(
            doubtful.operation, reason: .init(code: "x", message: "x"), nextAttempt: store.environment.now())
        try store.markStopped(held.operation, from: .queued, as: .held, reason: .init(code: "overtaken", message: "x"))
        let copy = try copy(to: "copy.db", with: suffixes)
        let new = try copy.start(.sample("new"))
        for write in [queued, sending, doubtful, held] {
            let item = try copy.operation(matching: write.operation.rawValue)
            #expect(item.state == .held && item.reason?.code == "copied")
        }
        #expect(try copy.operation(matching: new.operation.rawValue).state == .queued)
        #expect(try copy.recoverInterrupted() == 0)
        #expect(try copy.markSending(new.operation, base: nil) != nil)
        // The copy has changed nothing in the original.
        #expect(try store.recoverInterrupted() == 1)
        #expect(try store.markSending(queued.operation, base: nil) != nil)
    }

    @Test(arguments: [false, true])
    func `is known by whoever sends or deletes first`(deletes: Bool) throws {
        let write = try store.start(.sample())
        try store.mirror(.sample("conv_1"), [message("m", "hello")])
        let id = try store.localID(matching: "conv_1")
        let copy = try copy(to: "copy.db")
        if deletes {
            _ = try copy.delete(id, .remote)
        } else {
            #expect(try copy.markSending(write.operation, base: nil) == nil)
        }
        #expect(try copy.operation(matching: write.operation.rawValue).reason?.code == "copied")
    }

    @Test func `is known by whoever takes the engine's lock`() throws {
        let write = try store.start(.sample())
        let copy = try copy(to: "copy.db")
        #expect(try copy.recoverInterrupted() == 0)
        #expect(try copy.outbox().map(\.reason?.code) == ["copied"])
        #expect(try copy.markSending(write.operation, base: nil) == nil)
    }

    @Test func `that is put back under the same inode is known by what was sent since`() throws {
        let (first, second) = (try store.start(.sample()), try store.start(.sample()))
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        let backup = try Data(contentsOf: URL(filePath: store.path))
        #expect(try store.markSending(first.operation, base: nil) != nil)
        // Overwrites the file as `cp` and `sqlite3 .restore` do: device, inode and time of birth stay.
        try store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        let file = try #require(FileHandle(forWritingAtPath: store.path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: backup)
        try file.close()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store.path + suffix) }
        let restored = try Store(path: store.path)
        #expect(try restored.recoverInterrupted() == 0)
        let states = try [first, second].map { try restored.operation(matching: $0.operation.rawValue).reason?.code }
        #expect(states == ["copied", "copied"])
    }

    @Test func `is none where a process died between the commit and what is said beside it`() throws {
        let write = try store.start(.sample())
        let beside = try #require(InstanceFile(database: store.path).read())
        #expect(try store.markSending(write.operation, base: nil) != nil)
        #expect(try #require(InstanceFile(database: store.path).read()).sends == beside.sends + 1)
        try InstanceFile(database: store.path).write(beside)
        #expect(try store.recoverInterrupted() == 1)
        #expect(try store.outbox().map(\.state) == [.inDoubt])
    }

    @Test func `leaves what is over as it is, and says of the rest what to do`() throws {
        let (delivered, cancelled, open) = (
            try store.start(.sample()), try store.start(.sample()), try store.start(.sample())
        )
        try store.markDelivered(delivered.operation, as: RemoteID("conv_1"))
        _ = try store.cancel(cancelled.operation)
        try store.markQueued(
            open.operation, from: .queued, reason: .init(code: "x", message: "x"),
            nextAttempt: store.environment.now())
        let copy = try copy(to: "copy.db")
        _ = try copy.recoverInterrupted()
        let items = try [delivered, cancelled, open].map { try copy.operation(matching: $0.operation.rawValue) }
        #expect(items.map(\.state) == [.delivered, .cancelled, .held])
        #expect(items[2].reason == .copied && items[2].nextAttempt == nil)
    }

    @Test func `counts its sends beside it, and never fewer than before`() throws {
        let file = InstanceFile(database: store.path)
        _ = try store.start(.sample())
        let name = try #require(file.read()).name
        for (sends, expected) in [(5, 5), (3, 5), (12_345_678_901, 12_345_678_901)] as [(Int64, Int64)] {
            try store.confirmSend(InstanceFile.Content(name: name, sends: sends))
            #expect(file.read() == InstanceFile.Content(name: name, sends: expected))
        }
        try store.confirmSend(InstanceFile.Content(name: "another", sends: 1))
        #expect(file.read() == InstanceFile.Content(name: "another", sends: 1))
    }

    @Test func `writes what is beside it in one place and one length, and leaves no file open`() throws {
        let file = InstanceFile(database: store.path)
        func size() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: store.path + ".instance")[.size] as? Int
        }
        try file.write(InstanceFile.Content(name: "name", sends: 9))
        let first = try size()
        try file.write(InstanceFile.Content(name: "name", sends: .max))
        #expect(try size() == first)
        #expect(file.read()?.sends == .max)
        // Where there is no such folder, the last line proves nothing.
        let descriptors = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        #expect(!descriptors.contains { $0.hasSuffix(store.path + ".instance") })
    }

    @Test func `says that the disk is full, or why nothing can be written`() {
        for code in [ENOSPC, EDQUOT] {
            #expect(
                "\(StoreError.unusable(path: "/x.instance", code: code, detail: "no"))"
                    == "\(StoreError.diskFull(path: "/x.instance"))")
        }
        let other = StoreError.notWritable(path: "/x.instance", detail: "no")
        #expect("\(StoreError.unusable(path: "/x.instance", code: EACCES, detail: "no"))" == "\(other)")
    }

    @Test func `moved within its file system is the same database`() throws {
        let write = try store.start(.sample())
        for suffix in ["", ".instance", "-wal", "-shm"] {
            try FileManager.default.moveItem(atPath: store.path + suffix, toPath: folder.file("moved.db") + suffix)
        }
        let moved = try Store(path: folder.file("moved.db"))
        #expect(try moved.recoverInterrupted() == 0)
        #expect(try moved.markSending(write.operation, base: nil) != nil)
    }

    @Test func `sends nothing on retry before the server was searched`() throws {
        let write = try store.start(.sample())
        let other = try store.start(.sample())
        let copy = try copy(to: "copy.db")
        _ = try copy.recoverInterrupted()
        try copy.retry(write.operation)
        let item = try copy.operation(matching: write.operation.rawValue)
        #expect(item.state == .inDoubt && item.reason?.code == "copied" && item.base == nil && item.nextAttempt == nil)
        #expect(item.doubtedAt != nil)
        #expect(try copy.retryAll(in: [.held]) == [other.operation])
        #expect(try copy.outbox().map(\.state) == [.inDoubt, .inDoubt])
    }

    @Test func `is known by the first retry as well, and what it holds begins anew`() throws {
        let (write, other) = (try store.start(.sample()), try store.start(.sample()))
        for _ in 0..<2 {
            _ = try store.markSending(write.operation, base: .init(entryID: EntryID("e")))
            try store.markInDoubt(
                write.operation, reason: .init(code: "http_503", message: "x"), nextAttempt: store.environment.now())
            try store.markQueued(write.operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        }
        let (one, all) = (try copy(to: "one.db"), try copy(to: "all.db"))
        try one.retry(write.operation)
        let item = try one.operation(matching: write.operation.rawValue)
        #expect(item.state == .inDoubt && item.failures == 0 && item.base == nil)
        #expect(try one.operation(matching: other.operation.rawValue).state == .held)
        #expect(try all.retryAll(in: [.held, .queued]) == [write.operation, other.operation])
        #expect(try all.outbox().map(\.state) == [.inDoubt, .inDoubt])
    }

    @Test func `lets go of what was queued behind a write that is searched for`() throws {
        let write = try store.start(.sample())
        let copy = try copy(to: "copy.db")
        _ = try copy.recoverInterrupted()
        let behind = try copy.append(AppendRequest(inputs: .text("more")), to: write.conversation)
        #expect(behind.state == .held)
        try copy.retry(write.operation)
        #expect(try copy.operation(matching: behind.operation.rawValue).state == .queued)
    }

    /// A database of a version without instances.
    @Test(arguments: [false, true])
    func `is none where neither it nor what lies beside it says so`(isBeside: Bool) throws {
        let write = try store.start(.sample())
        try store.run("DELETE FROM fact WHERE name = 'instance'")
        if !isBeside { try FileManager.default.removeItem(atPath: store.path + ".instance") }
        _ = try store.recoverInterrupted()
        _ = try store.start(.sample())
        #expect(try store.operation(matching: write.operation.rawValue).state == (isBeside ? .held : .queued))
    }

    @Test func `accepts no write that it could not tell from its original's`() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("fresh.db.instance"), withIntermediateDirectories: false)
        let fresh = try Store(path: folder.file("fresh.db"))
        #expect(refusal { _ = try fresh.start(.sample()) }.contains("fresh.db.instance"))
        #expect(try fresh.outbox().isEmpty)
    }

    @Test func `differs in whatever both places tell`() {
        let here = DatabaseLocation(machine: "a", fileSystem: 1, inode: 2, createdAt: 3)
        #expect(here.isSame(as: here))
        #expect(here.isSame(as: DatabaseLocation()))
        #expect(FileSystemID.lasting(0x0801, device: 0x0801) == nil && FileSystemID.lasting(0, device: 7) == nil)
        #expect(FileSystemID.lasting(0xABCD_0000_0801, device: 0x0801) == 0xABCD_0000_0801)
        #expect(DatabaseLocation(json: here.json) == here)
        let parts: [(inout DatabaseLocation) -> Void] = [
            { $0.machine = "b" }, { $0.fileSystem = 9 }, { $0.inode = 9 }, { $0.createdAt = 9 },
        ]
        for change in parts {
            var other = here
            change(&other)
            #expect(!here.isSame(as: other))
        }
    }
}

@Suite final class `Many writes at once`: StoreSuite {
    @Test func `are retried by state, with what waits for them`() throws {
        let (first, second, third) = (try temporary.start(), try temporary.start(), try temporary.start())
        _ = try store.append(AppendRequest(inputs: .text("more")), to: first.conversation)
        try temporary.stop(first.operation)
        try temporary.stop(second.operation)
        #expect(try store.retryAll(in: [.held]).isEmpty)
        #expect(try store.retryAll(in: [.refused, .held]) == [first.operation, second.operation])
        #expect(try store.outbox().map(\.state) == [.queued, .queued, .queued, .queued])
        #expect(try store.retryAll(in: [.delivered, .cancelled]).isEmpty)
        #expect(try store.markSending(third.operation, base: nil) != nil)
    }

    @Test func `are cancelled by state, each once`() throws {
        let (first, second, third) = (try temporary.start(), try temporary.start(), try temporary.start())
        let more = try store.append(AppendRequest(inputs: .text("more")), to: first.conversation)
        try temporary.stop(first.operation)
        try temporary.stop(second.operation)
        #expect(try store.markSending(third.operation, base: nil) != nil)
        let cancelled = try store.cancelAll(in: [.refused, .held, .sending])
        #expect(Set(cancelled) == [first.operation, second.operation, more.operation] && cancelled.count == 3)
        #expect(try store.outbox().map(\.id) == [third.operation])
        try store.checkIntegrity()
    }
}
