import ConvoPlatform

/// Gives writers of other processes their turn beside a process that commits one transaction after the other.
///
/// A process that waits for SQLite's write lock tries to take it every millisecond, and would hardly ever meet the
/// moment between two transactions. So a process that finds the lock taken holds a shared lock on `<database>.waiting`
/// while it waits, and the busy process lets it pass before it begins its next transaction. The operating system
/// releases the shared lock of a process that dies. A process that is stopped while it waits delays the busy one by no
/// more than `patience` for each transaction.
package struct WriterQueue: Sendable {
    /// How often the busy process looks whether the others have passed, a millisecond apart.
    private static let patience = 20
    private static let pauseMicroseconds: UInt32 = 1000

    private let path: String
    private let database: String

    package init(beside database: String) {
        self.database = database
        path = database + ".waiting"
    }

    /// Shows other processes that this one waits to write.
    ///
    /// - Returns: a descriptor that the caller closes when the wait is over; `nil` where the file could not be opened
    ///   or locked. The caller then waits unseen, and may try again.
    package func enter() -> Int32? {
        guard let descriptor = try? SidecarFile.open(path, O_RDWR | O_CREAT, beside: database) else { return nil }
        if DescriptorLock.tryLock(descriptor, isExclusive: false) { return descriptor }
        close(descriptor)
        return nil
    }

    /// Waits until no other process waits to write, or for `patience`, before a busy writer's next transaction.
    package func yieldToWaiters() {
        var looks = 0
        while looks < WriterQueue.patience, isOccupied {
            usleep(WriterQueue.pauseMicroseconds)
            looks += 1
        }
    }

    /// Whether another connection waits to write, of this process or another.
    package var isOccupied: Bool {
        // The file exists once somebody has waited.
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return false }
        defer { close(descriptor) }
        return DescriptorLock.isTaken(descriptor)
    }
}
