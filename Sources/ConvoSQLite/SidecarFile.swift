import CPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why a file beside a database can't be used.
package struct SidecarFailure: Error {
    package let code: Int32
    package let detail: String

    fileprivate init(_ code: Int32, _ detail: String? = nil) {
        self.code = code
        self.detail = detail ?? String(cString: strerror(code))
    }
}

/// A small file of ours beside a database: a lock, or what wakes another process.
package enum SidecarFile {
    /// Opens it, and with `O_CREAT` makes it, 0600. It never waits, and follows no symbolic link; what is no plain file, or
    /// has a second name, is refused: it is not ours.
    ///
    /// What root makes gets the owner of the database, or its owner could not use it any more.
    package static func open(
        _ path: String, _ flags: Int32, beside database: String
    ) throws(SidecarFailure) -> Int32 {
        #if canImport(Glibc)
        let descriptor = Glibc.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        #else
        let descriptor = Darwin.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        #endif
        guard descriptor >= 0 else { throw SidecarFailure(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
            close(descriptor)
            throw SidecarFailure(EINVAL, "it is not a plain file")
        }
        if flags & O_CREAT != 0, geteuid() == 0 { giveOwner(of: database, to: descriptor, status) }
        return descriptor
    }

    /// Where this fails, the file works for root all the same.
    private static func giveOwner(of database: String, to descriptor: Int32, _ present: stat) {
        var owner = stat()
        guard stat(database, &owner) == 0, (owner.st_uid, owner.st_gid) != (present.st_uid, present.st_gid) else {
            return
        }
        fchown(descriptor, owner.st_uid, owner.st_gid)
    }
}

/// A lock on a whole file that the operating system takes back when its holder dies.
///
/// On Linux it belongs to the open file description (fcntl_locking(2)): another descriptor of the same process neither has
/// it nor loses it, and to look whether it is taken does not take it. Elsewhere it is flock(2)'s.
package enum DescriptorLock {
    /// - Returns: `false` where another one has it.
    package static func tryLock(_ descriptor: Int32, isExclusive: Bool) -> Bool {
        #if canImport(Glibc)
        convo_ofd_set_lock(descriptor, isExclusive ? F_WRLCK : F_RDLCK) == 0
        #else
        flock(descriptor, (isExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0
        #endif
    }

    package static func unlock(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = convo_ofd_set_lock(descriptor, F_UNLCK)
        #else
        flock(descriptor, LOCK_UN)
        #endif
    }

    /// Whether anybody has it, shared or not.
    package static func isTaken(_ descriptor: Int32) -> Bool {
        #if canImport(Glibc)
        convo_ofd_is_locked(descriptor, F_WRLCK) == 1
        #else
        // Takes it for a moment: there is no way to look only.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { return true }
        flock(descriptor, LOCK_UN)
        return false
        #endif
    }
}
