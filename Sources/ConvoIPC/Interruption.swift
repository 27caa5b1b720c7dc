import ConvoPlatform
import Synchronization

/// Ends a thread's poll(2) from another thread, once and for good.
final class Interruption: Sendable {
    private let reading: Int32
    private let writing: Int32
    private let isDone = Atomic(false)

    /// - Parameter path: the file that the thread waits for, for the error.
    /// - Throws: ``SidecarError`` if the process has no descriptors left.
    init(path: String) throws(SidecarError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SidecarError(path: path, code: errno) }
        (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(reading)
        close(writing)
    }

    var hasHappened: Bool { isDone.load(ordering: .acquiring) }

    func happen() {
        isDone.store(true, ordering: .releasing)
        write(writing, "x", 1)
    }

    /// Waits until a descriptor can be read, the interruption happens, or the time is over.
    ///
    /// - Parameters:
    ///   - descriptor: the descriptor; a negative one is left out.
    ///   - milliseconds: the longest time to wait.
    /// - Returns: whether the descriptor can be read.
    func poll(beside descriptor: Int32, _ milliseconds: Int32) -> Bool {
        var watched = [descriptor, reading].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let found = Interruption.poll(&watched, milliseconds)
        return found > 0 && watched[0].revents != 0
    }

    private static func poll(_ watched: inout [pollfd], _ milliseconds: Int32) -> Int32 {
        ConvoPlatform.poll(&watched, nfds_t(watched.count), milliseconds)
    }
}
