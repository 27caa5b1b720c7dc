import ConvoModel
import ConvoPlatform
import ConvoSQLite
import ConvoSimulation
import Foundation
import SeededRandom
import SyncRecorder
import Synchronization

@testable import ConvoStore

/// The disk that simulated processes work on: the real store's files in a folder of their own.
///
/// A death leaves the files as they are, or as they were some commits before; a power cut loses what SQLite has not
/// really synced, whatever the store may have promised.
final class Disk: Sendable {
    /// The store's clocks and random numbers.
    final class StoreEnvironment: Sendable {
        let world: SharedWorld
        private let random: Mutex<SplitMix64>

        init(_ world: SharedWorld, seed: UInt64) {
            self.world = world
            random = Mutex(SplitMix64(seed: seed))
        }

        func randomBits() -> UInt64 { random.withLock { $0.next() } }
    }

    fileprivate struct State {
        var store: Store
        var lives = 1
        /// The number of the place where the file lies; each backup that is put back lies in another place.
        var place = 0
        /// How much of the log was on the disk when this life began.
        var survived: WriteAheadLog.Mark?
        /// The log, and the file `.instance`, at the moment when the outside world last saw something of our process.
        var seen: WriteAheadLog.Mark?
        var seenInstance: Data?
    }

    /// The bytes of a database that has nothing but its schema, of which every disk begins with a copy: to apply all
    /// migrations takes a tenth of a run.
    private static let newDatabase = Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "convo-schema-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }  // a folder left over costs nothing but space
        let file = folder.appending(path: "convo.db")
        try Disk.makeSmall(try Store(path: file.path()))  // closed then, so SQLite brings the log into the file
        return try Data(contentsOf: file)
    }

    /// Gives a database pages of a quarter of the size: a run writes many, and few bytes to each.
    private static func makeSmall(_ store: Store) throws {
        try store.pool.writeWithoutTransaction(isBusy: true) { database in
            for sql in [
                "PRAGMA journal_mode = DELETE", "PRAGMA page_size = \(Schema.pageSize / 4)", "VACUUM",
                "PRAGMA journal_mode = WAL",
            ] {
                try database.execute(sql: sql)
            }
        }
    }

    private static let copy = "copy/convo.db"
    /// The place of a copy on another machine.
    private static let elsewhere = -1

    let environment: StoreEnvironment
    private let noticesCopies: Bool
    private let undoesCommits: Bool
    private let change: @Sendable (inout StoreDependencies) -> Void
    private let folder: URL
    private let state: Mutex<State>

    /// Makes a folder with a new database.
    ///
    /// - Parameters:
    ///   - world: the world that has the clocks of the store's machine.
    ///   - seed: the seed of the store's random numbers.
    ///   - undoesCommits: whether a death may undo commits.
    ///   - noticesCopies: whether the store is told that a copy lies in another place.
    ///   - change: makes a mistake in the store.
    /// - Throws: an error of Foundation or of the store if the files cannot be made.
    init(
        _ world: SharedWorld, seed: UInt64, undoesCommits: Bool = true, noticesCopies: Bool = true,
        change: @escaping @Sendable (inout StoreDependencies) -> Void = { _ in }
    ) throws {
        guard sync_recorder_install() == 0 else { throw CocoaError(.featureUnsupported) }
        let memory = URL(filePath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path()) ? memory : FileManager.default.temporaryDirectory
        folder = parent.appending(path: "convo-simulation-\(UUID())")
        environment = StoreEnvironment(world, seed: seed)
        self.noticesCopies = noticesCopies
        self.undoesCommits = undoesCommits
        self.change = change
        try FileManager.default.createDirectory(at: folder.appending(path: "1"), withIntermediateDirectories: true)
        let file = folder.appending(path: "1/convo.db")
        try Disk.newDatabase.get().write(to: file)
        state = Mutex(State(store: try Disk.open(file, environment, change, place: 0)))
        beSeen()
    }

    deinit {
        sync_recorder_forget(folder.path())
        try? FileManager.default.removeItem(at: folder)  // a folder left over costs nothing but space
    }

    var store: Store { state.withLock { $0.store } }

    /// Call whenever the outside world sees something of our process: commits from before then are not undone.
    func beSeen() {
        guard undoesCommits else { return }
        state.withLock { state in
            let database = database(state.lives)
            state.seen = WriteAheadLog.mark(of: database)
            state.seenInstance = Disk.contents(of: database.path() + ".instance")
        }
    }

    /// The process dies, `commits` commits earlier than now, but not before the outside world last saw it.
    func crash(undoing commits: Int = 0) throws {
        try reopen { state, file in
            guard commits > 0, undoesCommits else { return state.synced(database(state.lives)) }
            try WriteAheadLog.undo(commits, of: file, since: state.seen)
            // The database counts a send before this file does, so the file of an earlier moment never counts more.
            try? FileManager.default.removeItem(atPath: file.path() + ".instance")
            try state.seenInstance?.write(to: URL(filePath: file.path() + ".instance"))
            return state.synced(database(state.lives))
        }
    }

    /// The power goes: what was not synced is lost.
    func cutPower() throws {
        try reopen { state, file in
            try WriteAheadLog.cut(file, back: state.synced(database(state.lives)))
            return WriteAheadLog.mark(of: file)
        }
    }

    /// Copies the files as a death leaves them, without closing the database, and opens the copy.
    ///
    /// - Parameter spoil: changes the copy, and returns how much of its log is on the disk.
    /// - Throws: an error of Foundation or of the store, and what `spoil` throws.
    private func reopen(_ spoil: (State, URL) throws -> WriteAheadLog.Mark?) throws {
        try state.withLock { state in
            let (old, new) = (database(state.lives), database(state.lives + 1))
            try Disk.copy(old, to: new)
            state.survived = try spoil(state, new)
            state.store = try Disk.open(new, environment, change, place: state.place)
            state.lives += 1
        }
        beSeen()
    }

    /// Copies the database as it is, and replaces an earlier copy.
    func backUp() throws {
        try state.withLock { state in
            try? FileManager.default.removeItem(at: folder.appending(path: "copy"))  // there may be no earlier copy
            try Disk.copy(database(state.lives), to: folder.appending(path: Disk.copy))
        }
    }

    /// Puts the copy in the database's place, if there is a copy.
    func restore() throws {
        let copy = folder.appending(path: Disk.copy)
        guard FileManager.default.fileExists(atPath: copy.path()) else { return }
        try state.withLock { state in
            let new = database(state.lives + 1)
            try Disk.copy(copy, to: new)
            (state.survived, state.place) = (WriteAheadLog.mark(of: new), noticesCopies ? state.place + 1 : 0)
            state.store = try Disk.open(new, environment, change, place: state.place)
            state.lives += 1
        }
        beSeen()
    }

    /// Opens a copy of the copy as another machine would; `nil` if there is no copy.
    func openCopy() throws -> Store? {
        let copy = folder.appending(path: Disk.copy)
        guard FileManager.default.fileExists(atPath: copy.path()) else { return nil }
        let there = folder.appending(path: "\(UUID())/convo.db")
        try Disk.copy(copy, to: there)
        return try Disk.open(there, environment, change, place: noticesCopies ? Disk.elsewhere : 0)
    }

    private static func copy(_ old: URL, to new: URL) throws {
        try FileManager.default.createDirectory(at: new.deletingLastPathComponent(), withIntermediateDirectories: true)
        for suffix in ["", "-wal", ".instance"] where FileManager.default.fileExists(atPath: old.path() + suffix) {
            try FileManager.default.copyItem(atPath: old.path() + suffix, toPath: new.path() + suffix)
        }
    }

    /// A small file's bytes; `nil` if it cannot be read.
    ///
    /// It is called at each point at which a process may die, so it uses the system calls instead of Foundation.
    private static func contents(of path: String) -> Data? {
        let file = ConvoPlatform.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = Data(count: 4096)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return count < 0 ? nil : bytes.prefix(count)
    }

    private func database(_ life: Int) -> URL { folder.appending(path: "\(life)/convo.db") }

    private static func open(
        _ file: URL, _ environment: StoreEnvironment, _ change: (inout StoreDependencies) -> Void, place: Int
    ) throws -> Store {
        var environment = StoreDependencies(
            now: { environment.world.clientClock.timestamp }, uptime: { environment.world.clientUptime },
            randomBits: { environment.randomBits() },
            // The copies that a death makes count as the same file.
            location: { _ in DatabaseLocation(machine: "simulated \(place)") })
        change(&environment)
        return try Store(path: file.path(), environment: environment)
    }
}

extension Disk.State {
    /// How much of the log is on the disk.
    fileprivate func synced(_ database: URL) -> WriteAheadLog.Mark? { WriteAheadLog.synced(of: database) ?? survived }
}
