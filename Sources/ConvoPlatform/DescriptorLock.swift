import CPosix

/// A lock on a whole file that the operating system releases when its holder dies.
///
/// On Linux it belongs to the open file description (fcntl_locking(2)): another descriptor of the same process neither
/// has it nor loses it, and whether it is taken can be tested without taking it. Elsewhere it is that of flock(2).
package enum DescriptorLock {
    /// Takes the lock without waiting for it.
    ///
    /// - Parameters:
    ///   - descriptor: the open file.
    ///   - isExclusive: whether nobody else may hold the lock; shared holders may be several.
    /// - Returns: `false` where another holder prevents it, or the lock cannot be taken at all.
    package static func tryLock(_ descriptor: Int32, isExclusive: Bool) -> Bool {
        #if os(Linux) || os(Android)
        convo_ofd_set_lock(descriptor, Int32(isExclusive ? F_WRLCK : F_RDLCK)) == 0
        #else
        flock(descriptor, (isExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0
        #endif
    }

    /// Releases the lock, if this descriptor holds it.
    package static func unlock(_ descriptor: Int32) {
        #if os(Linux) || os(Android)
        _ = convo_ofd_set_lock(descriptor, Int32(F_UNLCK))
        #else
        flock(descriptor, LOCK_UN)
        #endif
    }

    /// Whether another descriptor holds the lock, shared or exclusively.
    package static func isTaken(_ descriptor: Int32) -> Bool {
        #if os(Linux) || os(Android)
        convo_ofd_is_locked(descriptor, Int32(F_WRLCK)) == 1
        #else
        // This takes the lock for a moment: flock(2) cannot test it only.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { return true }
        flock(descriptor, LOCK_UN)
        return false
        #endif
    }
}
