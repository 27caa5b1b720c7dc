import ConvoModel
import ConvoSimulation
import ConvoStore
import Foundation
import SeededRandom
import Synchronization

/// The disk that simulated processes work on: the real store's files in a folder of their own.
///
/// A death leaves the files as they are, or as they were some commits before; a power cut takes with it what was
/// committed after the last commit that promised to survive one.
final class Disk: Sendable {
    /// What the store takes for time and chance.
    final class Surroundings: Sendable {
        let world: SharedWorld
        private let random: Mutex<SplitMix64>

        init(_ world: SharedWorld, seed: UInt64) {
            self.world = world
            random = Mutex(SplitMix64(seed: seed))
        }

        func randomBits() -> UInt64 { random.withLock { $0.next() } }
    }

    private struct State {
        var store: Store
        var lives = 1
        /// The log when something was last promised to survive a power cut.
        var promise: WriteAheadLog.Mark?
        /// The log when the outside world last saw anything of us.
        var seen: WriteAheadLog.Mark?
    }

    private static let copy = "copy/convo.db"

    let surroundings: Surroundings
    private let folder: URL
    private let state: Mutex<State>

    init(_ world: SharedWorld, seed: UInt64) throws {
        let memory = URL(filePath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path()) ? memory : FileManager.default.temporaryDirectory
        folder = parent.appending(path: "convo-simulation-\(UUID())")
        surroundings = Surroundings(world, seed: seed)
        try FileManager.default.createDirectory(at: folder.appending(path: "1"), withIntermediateDirectories: true)
        state = Mutex(State(store: try Disk.open(folder.appending(path: "1/convo.db"), surroundings)))
        keepPromise()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }  // a folder left over costs nothing but space

    var store: Store { state.withLock { $0.store } }

    /// To be called after each commit that the store promises to survive a power cut.
    func keepPromise() {
        state.withLock { state in
            state.promise = WriteAheadLog.mark(of: database(state.lives))
            state.seen = state.promise
        }
    }

    /// To be called whenever the outside world sees something of us: what was committed before cannot be undone.
    func beSeen() { state.withLock { $0.seen = WriteAheadLog.mark(of: database($0.lives)) } }

    /// The process dies, `commits` earlier than now if so many were made since we were last seen.
    func crash(undoing commits: Int = 0) throws {
        try reopen { state, file in
            if commits > 0 { try WriteAheadLog.undo(commits, of: file, since: state.seen) }
        }
    }

    /// The power goes: what was committed since the last promise is lost.
    func cutPower() throws {
        try reopen { state, file in try WriteAheadLog.cut(file, back: state.promise) }
    }

    /// Copies the files as a death would leave them, for closing a database would tidy them up.
    private func reopen(_ spoil: (State, URL) throws -> Void) throws {
        try state.withLock { state in
            let (old, new) = (database(state.lives), database(state.lives + 1))
            try Disk.copy(old, to: new)
            try spoil(state, new)
            state.store = try Disk.open(new, surroundings)
            state.lives += 1
        }
        keepPromise()
    }

    /// Copies the database as it is, in place of an earlier copy.
    func backUp() throws {
        try state.withLock { state in
            try? FileManager.default.removeItem(at: folder.appending(path: "copy"))  // there may be none
            try Disk.copy(database(state.lives), to: folder.appending(path: Disk.copy))
        }
    }

    /// Puts the copy in the database's place. Nothing happens where there is none.
    func restore() throws {
        let copy = folder.appending(path: Disk.copy)
        guard FileManager.default.fileExists(atPath: copy.path()) else { return }
        try state.withLock { state in
            let new = database(state.lives + 1)
            try Disk.copy(copy, to: new)
            state.store = try Disk.open(new, surroundings)
            state.lives += 1
        }
        keepPromise()
    }

    /// A copy of the copy, as another machine opens it; `nil` where there is none.
    func openCopy() throws -> Store? {
        let copy = folder.appending(path: Disk.copy)
        guard FileManager.default.fileExists(atPath: copy.path()) else { return nil }
        let there = folder.appending(path: "\(UUID())/convo.db")
        try Disk.copy(copy, to: there)
        return try Disk.open(there, surroundings)
    }

    private static func copy(_ old: URL, to new: URL) throws {
        try FileManager.default.createDirectory(at: new.deletingLastPathComponent(), withIntermediateDirectories: true)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: old.path() + suffix) {
            try FileManager.default.copyItem(atPath: old.path() + suffix, toPath: new.path() + suffix)
        }
    }

    private func database(_ life: Int) -> URL { folder.appending(path: "\(life)/convo.db") }

    private static func open(_ file: URL, _ surroundings: Surroundings) throws -> Store {
        let environment = Environment(
            now: { surroundings.world.clientClock.timestamp }, uptime: { surroundings.world.clientUptime },
            randomBits: { surroundings.randomBits() })
        return try Store(path: file.path(), environment: environment)
    }
}
