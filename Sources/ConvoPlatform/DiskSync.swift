import CPosix

/// Waits until the disk itself has what was written, so that it survives a power cut.
///
/// On Darwin, fsync(2) leaves it in the drive's memory; `F_FULLFSYNC` does not. Each function blocks, and returns 0, or
/// -1 with the reason in `errno`.
package enum DiskSync {
    /// Whether SQLite has to be told to wait for the drive too (`PRAGMA fullfsync`).
    package static var needsFullSync: Bool {
        #if canImport(Darwin)
        true
        #else
        false
        #endif
    }

    /// Waits for a file, or for the names in a folder.
    package static func file(_ descriptor: Int32) -> Int32 {
        #if canImport(Darwin)
        // Some file systems, such as those of a server, know only fsync(2).
        fcntl(descriptor, F_FULLFSYNC) != -1 ? 0 : fsync(descriptor)
        #else
        fsync(descriptor)
        #endif
    }

    /// Waits for a file's bytes and its length, and not for its times.
    package static func content(_ descriptor: Int32) -> Int32 {
        #if canImport(Darwin)
        file(descriptor)
        #else
        fdatasync(descriptor)
        #endif
    }

    /// Waits for everything that was written to the file system of an open file or folder.
    package static func fileSystem(of descriptor: Int32) -> Int32 {
        #if canImport(Darwin)
        fsync_volume_np(descriptor, SYNC_VOLUME_FULLSYNC | SYNC_VOLUME_WAIT)
        #elseif os(Linux) || os(Android)
        convo_sync_file_system(descriptor)
        #else
        sync()
        return 0
        #endif
    }
}
