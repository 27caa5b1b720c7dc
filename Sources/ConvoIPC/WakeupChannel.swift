import ConvoPlatform
import Synchronization

/// Wakes other processes: a byte is written to a plain file beside the database, which they watch.
///
/// Unlike a FIFO, a plain file does not block programs that read the folder, such as a backup, and a copy of it does no
/// harm.
package enum WakeupChannel {
    /// What a channel tells of; each has a file of its own.
    package enum Purpose: String, Sendable {
        /// A write was queued, for a daemon to send.
        case queuedWrites = ".wakeup"
        /// A transaction has changed the database, for programs that show it.
        case changes = ".changes"
    }

    /// Notifies the daemon of a database that a write was queued.
    ///
    /// Never waits, never fails and never raises a signal; where the file cannot be opened, nobody is notified.
    ///
    /// - Parameter database: the path of the database file, under any of its names.
    package static func notify(beside database: String) {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = path(of: .queuedWrites, beside: database)
        guard let descriptor = try? SidecarFile.open(path, O_WRONLY | O_CREAT, beside: database) else { return }
        defer { close(descriptor) }
        signal(descriptor)
    }

    /// Always the same byte in the same place: the file does not grow.
    static func signal(_ descriptor: Int32) {
        // On a full disk a new modification time still notifies the listeners.
        if pwrite(descriptor, "\n", 1, 0) != 1 { futimens(descriptor, nil) }
    }

    static func path(of purpose: Purpose, beside database: String) -> String { database + purpose.rawValue }
}

extension WakeupChannel {
    /// Receives the notifications of a channel from the moment when it is made.
    ///
    /// It uses inotify(7). Without inotify (another system, or the user has no instance or no watch left), it checks
    /// the file's modification time four times a second.
    package final class Listener: Sendable {
        private struct State {
            /// The file that is watched; `nil` if there is none.
            var file: FileIdentity?
            /// inotify's watch of the file; negative if there is none.
            var watch: Int32 = -1
            /// Without inotify: the file's last modification time, in nanoseconds since 1970.
            var changedAt: Int64 = 0
            /// Without inotify: when that time was read, in nanoseconds since 1970.
            var lookedAt: Int64 = 0
        }

        /// How often the file is checked without inotify.
        private static let pollMilliseconds: Int32 = 250
        /// How much older than the change the kernel's modification time may be, in nanoseconds.
        private static let clockGranularity: Int64 = 50_000_000

        private let database: String
        private let path: String
        private let inotify: Int32
        private let interruption: Interruption
        private let state = Mutex(State())

        /// Begins to listen for notifications of a database.
        ///
        /// - Parameters:
        ///   - database: the path of the database file, under any of its names.
        ///   - purpose: what to listen for.
        /// - Throws: ``SidecarError`` if the file to watch cannot be opened or made.
        package convenience init(
            beside database: String, for purpose: Purpose = .queuedWrites
        ) throws(SidecarError) {
            try self.init(beside: database, for: purpose, inotify: FileEvents.makeSource())
        }

        init(beside database: String, for purpose: Purpose = .queuedWrites, inotify: Int32) throws(SidecarError) {
            self.database = DatabaseFile.canonicalPath(of: database)
            path = WakeupChannel.path(of: purpose, beside: self.database)
            self.inotify = inotify
            do throws(SidecarError) {
                interruption = try Interruption(path: path)
            } catch {
                if inotify >= 0 { close(inotify) }
                throw error
            }
            Listener.removeFIFO(self.database + ".bell")
            try watch()
        }

        deinit { if inotify >= 0 { close(inotify) } }

        /// Blocks the calling thread until there is a notification; several that came before count as one.
        ///
        /// One thread at a time may wait. It may also return `true` without a notification, as when the watched file
        /// was replaced.
        ///
        /// - Parameter milliseconds: the longest time to wait.
        /// - Returns: `false` if the time is over, or the listener was interrupted.
        package func wait(milliseconds: Int32 = .max) -> Bool {
            let deadline = Listener.now(CLOCK_MONOTONIC) + Int64(milliseconds) * 1_000_000
            while !interruption.hasHappened {
                // A notification before the watch begins goes unseen, so a new watch counts as a notification.
                if !isWatching, (try? watch()) != nil { return true }
                let left = max(0, Int32((deadline - Listener.now(CLOCK_MONOTONIC)) / 1_000_000))
                let isNotified = state.withLock { $0.watch >= 0 }
                if isNotified ? waitForEvent(left) : waitForChange(left) { return true }
                if left == 0 { return false }
            }
            return false
        }

        /// Ends the wait that is under way, and each later one at once.
        package func interrupt() { interruption.happen() }

        /// Whether ``interrupt()`` was called.
        package var isInterrupted: Bool { interruption.hasHappened }

        /// Whether the file that is watched is still the one that is notified.
        private var isWatching: Bool {
            state.withLock { $0.file != nil && $0.file == FileIdentity(of: path) }
        }

        private func watch() throws(SidecarError) {
            let descriptor = try SidecarFile.open(path, O_WRONLY | O_CREAT, beside: database)
            defer { close(descriptor) }
            // The byte that is written over and over has its place on the disk from now on.
            WakeupChannel.signal(descriptor)
            state.withLock { state in
                state.file = nil
                if inotify >= 0 {
                    if state.watch >= 0 { FileEvents.unwatch(state.watch, with: inotify) }
                    state.watch = FileEvents.watch(path, with: inotify)
                }
                var status = stat()
                guard fstat(descriptor, &status) == 0 else { return }
                state.file = FileIdentity(status)
                state.changedAt = Listener.changeTime(status)
                state.lookedAt = Listener.now(CLOCK_REALTIME)
            }
        }

        /// Waits with inotify.
        ///
        /// - Returns: whether something happened to the file.
        private func waitForEvent(_ milliseconds: Int32) -> Bool {
            guard interruption.poll(beside: inotify, milliseconds) else { return false }
            // A new file may have the inode of a removed one, whose watch has ended with it.
            let watch = state.withLock { $0.watch }
            if FileEvents.takeNotices(from: inotify).contains(watch) { state.withLock { $0.file = nil } }
            return true
        }

        /// Waits for one interval without inotify.
        ///
        /// - Returns: whether the file may have been changed.
        private func waitForChange(_ milliseconds: Int32) -> Bool {
            _ = interruption.poll(beside: -1, min(milliseconds, Listener.pollMilliseconds))
            let now = Listener.now(CLOCK_REALTIME)
            var status = stat()
            guard stat(path, &status) == 0 else { return false }
            let changedAt = Listener.changeTime(status)
            return state.withLock { state in
                defer { (state.changedAt, state.lookedAt) = (changedAt, now) }
                // Two changes in one tick of the kernel's clock have the same time.
                return changedAt != state.changedAt || changedAt >= state.lookedAt - Listener.clockGranularity
            }
        }

        private static func changeTime(_ status: stat) -> Int64 { nanoseconds(status.modified) }

        private static func now(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return nanoseconds(time)
        }

        private static func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }

        /// Removes the FIFO that earlier versions left: a program that reads it waits for ever.
        private static func removeFIFO(_ path: String) {
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO { unlink(path) }
        }
    }
}
