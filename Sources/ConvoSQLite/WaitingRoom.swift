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

    init(beside database: String) { path = database + ".waiting" }

    /// - Returns: what is to be closed when the wait is over; `nil` where it did not work, and may the next time.
    func enter() -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return descriptor }
        close(descriptor)  // the busy one is just looking whether there is anybody
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
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }  // nobody ever waited
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
}
