import ConvoPlatform

/// The reason why a file beside a database cannot be used.
package struct SidecarError: Error, Hashable, Sendable {
    /// The file that cannot be used.
    package let path: String
    /// The `errno`; `EINVAL` for what is not a plain file.
    package let code: Int32
    /// The reason in words, without the file's path.
    package let detail: String

    init(path: String, code: Int32, detail: String? = nil) {
        self.path = path
        self.code = code
        self.detail = detail ?? String(cString: strerror(code))
    }
}

/// A small file of ours beside a database: a lock, or a channel that wakes another process.
package enum SidecarFile {
    /// Opens a file, and with `O_CREAT` creates it with the permissions 0600.
    ///
    /// It never waits, and follows no symbolic link. It refuses whatever is not a plain file or has a second name,
    /// because such a file is not ours. A file that root creates gets the owner of the database, who could not use it
    /// otherwise.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - flags: those of open(2); `O_NOFOLLOW`, `O_CLOEXEC` and `O_NONBLOCK` are added.
    ///   - database: the database that the file stands beside.
    /// - Returns: a descriptor, which the caller has to close.
    /// - Throws: ``SidecarError``.
    package static func open(
        _ path: String, _ flags: Int32, beside database: String
    ) throws(SidecarError) -> Int32 {
        let descriptor = ConvoPlatform.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw SidecarError(path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
            close(descriptor)
            throw SidecarError(path: path, code: EINVAL, detail: "it is not a plain file")
        }
        if flags & O_CREAT != 0, geteuid() == 0 { giveOwner(of: database, to: descriptor, status) }
        return descriptor
    }

    /// Gives the file the database's owner; where this fails, the file works for root all the same.
    private static func giveOwner(of database: String, to descriptor: Int32, _ present: stat) {
        var owner = stat()
        guard stat(database, &owner) == 0, (owner.st_uid, owner.st_gid) != (present.st_uid, present.st_gid) else {
            return
        }
        fchown(descriptor, owner.st_uid, owner.st_gid)
    }
}
