import ConvoIPC
import ConvoModel
import ConvoSQLite
import Foundation
import TestFolders
import Testing

@testable import ConvoStore

@Suite struct `The file of a database` {
    private let folder: TemporaryFolder
    private let root: String

    init() throws {
        folder = try TemporaryFolder()
        root = DatabaseFile.canonicalPath(of: folder.url.path)
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: target)
    }

    private func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }

    @Test func `has one name, whatever it is called`() throws {
        try makeFolder("data/deeper")
        try link("folder", to: "data")
        try link("data/link.db", to: folder.file("folder/../data/convo.db"))
        for isThere in [false, true] {
            if isThere { try Data().write(to: URL(filePath: folder.file("data/convo.db"))) }
            for name in [
                "data/convo.db", "folder/convo.db", "data/deeper/../convo.db", "data/link.db", "data//./convo.db",
            ] {
                #expect(DatabaseFile.canonicalPath(of: folder.file(name)) == root + "/data/convo.db", "\(name)")
            }
        }
    }

    @Test func `has the name that it will have where its folder is missing too`() throws {
        #expect(DatabaseFile.canonicalPath(of: folder.file("a/b/../c.db")) == root + "/a/c.db")
        #expect(DatabaseFile.canonicalPath(of: "/") == "/")
    }

    @Test func `that a link leads round in a circle to stays as it is called`() throws {
        try link("a", to: "b")
        try link("b", to: "a")
        #expect(DatabaseFile.canonicalPath(of: folder.file("a")) == folder.file("a"))
        #expect(throws: StoreError.self) { try Store(path: folder.file("a")) }
    }

    @Test func `is one store and has one lock by all its names`() throws {
        try link("link.db", to: "convo.db")
        let store = try Store(path: folder.file("link.db"))
        #expect(store.path == root + "/convo.db")
        let lock = try #require(try FileLock.tryLock(.engine, beside: folder.file("convo.db")))
        #expect(try FileLock.tryLock(.engine, beside: folder.file("link.db")) == nil)
        #expect(FileLock.holder(of: .engine, beside: folder.file("link.db"))?.process == getpid())
        lock.release()
    }

    @Test func `with a second name is refused`() throws {
        _ = try Store(path: folder.file("convo.db"))
        try FileManager.default.linkItem(atPath: folder.file("convo.db"), toPath: folder.file("other.db"))
        for name in ["convo.db", "other.db"] {
            let error = #expect(throws: StoreError.self) { try Store(path: folder.file(name)) }
            guard case .hardLinked = error else { return #expect(Bool(false), "\(String(describing: error))") }
        }
        try FileManager.default.removeItem(atPath: folder.file("other.db"))
        #expect(throws: Never.self) { try Store(path: folder.file("convo.db")) }
    }

    @Test func `that was replaced takes no write any more`() throws {
        let store = try Store(path: folder.file("convo.db"))
        #expect(!store.isReplaced)
        try FileManager.default.moveItem(atPath: folder.file("convo.db"), toPath: folder.file("away.db"))
        #expect(store.isReplaced)
        #expect(throws: StoreError.self) { try store.start(.sample()) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("convo.db.instance")))
    }

    @Test func `that another one does not let go of is given up within the busy timeout`() throws {
        let path = folder.file("convo.db")
        let other = try Store(path: path)
        try other.pool.writeWithoutTransaction { database in
            // Every statement of the opening needs the file, which is locked.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other (a)")
            let clock = ContinuousClock()
            let began = clock.now
            let error = #expect(throws: StoreError.self) {
                try Store(path: path, environment: .live, busyTimeoutSeconds: 0.5)
            }
            guard case .busy = error else { return #expect(Bool(false), "\(String(describing: error))") }
            #expect(clock.now - began >= .milliseconds(450))
            #expect(clock.now - began < .seconds(5))
            try database.execute(sql: "ROLLBACK")
        }
    }
}

@Suite struct `A lock beside a database` {
    private let folder: TemporaryFolder
    private var path: String { folder.file("convo.db") }

    init() throws { folder = try TemporaryFolder() }

    @Test func `is not taken by who looks at it`() throws {
        let lock = try #require(try FileLock.tryLock(.daemon, beside: path))
        lock.release()
        let file = open(path + ".daemon", O_RDONLY)
        defer { close(file) }
        // If `holder` took a lock to look, it would get in the way of these.
        for _ in 0..<1000 {
            #expect(FileLock.holder(of: .daemon, beside: path) == nil)
            let lock = try #require(try FileLock.tryLock(.daemon, beside: path))
            #expect(FileLock.holder(of: .daemon, beside: path)?.process == getpid())
            lock.release()
        }
    }

    @Test func `is looked at without being taken, while others take it`() async throws {
        try #require(try FileLock.tryLock(.daemon, beside: path)).release()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<2000 { _ = FileLock.holder(of: .daemon, beside: path) } }
            for _ in 0..<2000 { try #require(try FileLock.tryLock(.daemon, beside: path)).release() }
            try await group.waitForAll()
        }
    }

    @Test func `says which file it is held for`() throws {
        try Data().write(to: URL(filePath: path))
        let lock = try #require(try FileLock.tryLock(.daemon, beside: path))
        #expect(FileLock.holder(of: .daemon, beside: path)?.isCurrent == true)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect(FileLock.holder(of: .daemon, beside: path)?.isCurrent == false)
        try Data().write(to: URL(filePath: path))
        #expect(FileLock.holder(of: .daemon, beside: path)?.isCurrent == false)
        lock.release()
    }

    @Test func `is never made through a symbolic link, and nothing blocks it`() throws {
        let target = folder.file("precious")
        try Data("precious".utf8).write(to: URL(filePath: target))
        try FileManager.default.createSymbolicLink(atPath: path + ".engine", withDestinationPath: target)
        #expect(throws: SidecarError.self) { try FileLock.tryLock(.engine, beside: path) }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
        try #require(mkfifo(path + ".turn", 0o600) == 0)
        #expect(throws: SidecarError.self) { try FileLock.tryLock(.turn, beside: path) }
        #expect(FileLock.holder(of: .turn, beside: path) == nil)
    }

    @Test func `that is removed keeps nobody from taking it anew`() throws {
        let first = try #require(try FileLock.tryLock(.engine, beside: path))
        try FileManager.default.removeItem(atPath: path + ".engine")
        let second = try #require(try FileLock.tryLock(.engine, beside: path))
        first.release()
        #expect(try FileLock.tryLock(.engine, beside: path) == nil)
        second.release()
    }

    @Test func `made by root belongs to whom the database belongs to`() throws {
        guard geteuid() == 0 else { return }  // only root can give a file to another user
        try Data().write(to: URL(filePath: path))
        try #require(chown(path, 65534, 65534) == 0)
        try #require(try FileLock.tryLock(.engine, beside: path)).release()
        WakeupChannel.notify(beside: path)
        for suffix in [".engine", ".wakeup"] {
            var status = stat()
            #expect(stat(path + suffix, &status) == 0 && status.st_uid == 65534 && status.st_gid == 65534, "\(suffix)")
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }
}
