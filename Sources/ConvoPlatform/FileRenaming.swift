// One file for each difference between systems: see DESIGN.md.

import CPosix

/// Renames files by what POSIX's rename(2) can't do.
package enum FileRenaming {
    /// Gives a file another name, unless something has it.
    ///
    /// - Returns: 0 where it was done; else -1 with the reason in `errno`: `EEXIST` where the name is taken; `EINVAL`,
    ///   `ENOSYS` or `ENOTSUP` where the system or the file system can't do it in one step.
    package static func renameToNew(_ path: String, _ target: String) -> Int32 {
        #if canImport(Darwin)
        return renamex_np(path, target, UInt32(RENAME_EXCL))
        #elseif os(Linux)
        return convo_rename_to_new(path, target)
        #else
        errno = ENOSYS
        return -1
        #endif
    }
}
