#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Gives writers of other processes their turn beside a process that commits one transaction after the other.
///
/// A process that waits for SQLite's write lock looks for it every millisecond, and would hardly ever meet the moment
/// between two transactions. So a process that finds the lock taken holds a shared lock on `<database>.waiting` while it
/// waits, and the busy process lets it pass before it begins its next transaction. The operating system releases the shared
/// lock of a process that dies. A process that is stopped while it waits delays the busy one by no more than ``patience``.
struct WriterQueue: Sendable {
    private static let patience = 20  // looks, a millisecond apart
    private static let pauseMicroseconds: UInt32 = 1000

    private let path: String
    private let database: String

    init(beside database: String) {
        self.database = database
        path = database + ".waiting"
    }

    /// - Returns: what is to be closed when the wait is over; `nil` where it did not work, and may the next time.
    func enter() -> Int32? {
        guard let descriptor = try? SidecarFile.open(path, O_RDWR | O_CREAT, beside: database) else { return nil }
        if DescriptorLock.tryLock(descriptor, isExclusive: false) { return descriptor }
        close(descriptor)
        return nil
    }

    /// Before a busy writer's next transaction.
    func yieldToWaiters() {
        var looks = 0
        while looks < WriterQueue.patience, isOccupied {
            usleep(WriterQueue.pauseMicroseconds)
            looks += 1
        }
    }

    var isOccupied: Bool {
        // Where nobody ever waited, there is no file.
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return false }
        defer { close(descriptor) }
        return DescriptorLock.isTaken(descriptor)
    }
}
