import ConvoModel
import ConvoSimulation
import ConvoStore
import Foundation
import Synchronization

/// The disk that a simulated process works on: the real store's files in a folder of their own.
///
/// A death leaves the files as they are; a power cut takes with it what was committed after the last commit that
/// promised to survive one.
final class Disk {
    /// What the store takes for time and chance.
    final class Surroundings: Sendable {
        private let state: Mutex<(clock: VirtualInstant, random: SplitMix64)>

        init(seed: UInt64) { state = Mutex((.start, SplitMix64(seed: seed))) }

        var clock: VirtualInstant {
            get { state.withLock { $0.clock } }
            set { state.withLock { $0.clock = newValue } }
        }
        func randomBits() -> UInt64 { state.withLock { $0.random.next() } }
    }

    let surroundings: Surroundings
    private(set) var store: Store
    private let folder: URL
    private var lives = 1
    private var promise: WriteAheadLog.Mark?

    init(seed: UInt64) throws {
        let memory = URL(filePath: "/dev/shm")
        let parent =
            FileManager.default.isWritableFile(atPath: memory.path()) ? memory : FileManager.default.temporaryDirectory
        folder = parent.appending(path: "convo-simulation-\(UUID())")
        surroundings = Surroundings(seed: seed)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "1"), withIntermediateDirectories: true)
        store = try Disk.open(folder.appending(path: "1/convo.db"), surroundings)
        try keepPromise()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }  // a folder left over costs nothing but space

    private var database: URL { folder.appending(path: "\(lives)/convo.db") }

    /// To be called after each commit that the store promises to survive a power cut.
    func keepPromise() throws { promise = try WriteAheadLog.mark(of: database) }

    /// The process dies and is started again: the files stay as they are.
    func crash() throws { try reopen { _ in } }

    /// The power goes: what was committed since the last promise is lost.
    func cutPower() throws {
        let promise = promise
        try reopen { try WriteAheadLog.cut($0, back: promise) }
        try keepPromise()
    }

    /// Copies the files as a death would leave them, for closing a database would tidy them up.
    private func reopen(_ spoil: (URL) throws -> Void) throws {
        let old = database
        lives += 1
        try FileManager.default.createDirectory(
            at: database.deletingLastPathComponent(), withIntermediateDirectories: true)
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: old.path() + suffix) {
            try FileManager.default.copyItem(atPath: old.path() + suffix, toPath: database.path() + suffix)
        }
        try spoil(database)
        store = try Disk.open(database, surroundings)
        try? FileManager.default.removeItem(at: old.deletingLastPathComponent())  // else it goes with the folder
    }

    private static func open(_ file: URL, _ surroundings: Surroundings) throws -> Store {
        let environment = Environment(
            now: { surroundings.clock.timestamp }, randomBits: { surroundings.randomBits() })
        return try Store(path: file.path(), environment: environment)
    }
}
