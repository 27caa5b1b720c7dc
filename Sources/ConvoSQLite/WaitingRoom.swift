#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How writers of other processes get their turn beside one that writes transaction after transaction.
///
/// Who waits for the write lock looks for it every millisecond, and would never meet the moment between two transactions.
/// So who finds it taken holds a shared lock on `<database>.waiting` as long as it waits, and the busy one, before it
/// begins anew, gives those time. The operating system takes back the lock of who dies; one who is stopped while
/// waiting keeps the busy one for no longer than ``patience``.
struct WaitingRoom: Sendable {
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
    func letThemPass() {
        var looks = 0
        while looks < WaitingRoom.patience, isOccupied {
            usleep(WaitingRoom.pauseMicroseconds)
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
