// One file for each difference between systems: see DESIGN.md.

import CPosix

/// What a file system keeps of a file beyond what POSIX asks for.
package enum FileBirth {
    /// When the file with this path was made, in nanoseconds since 1970.
    ///
    /// Symbolic links are followed. `nil` where there is no such file, or the file system or the system does not keep
    /// the time: on Android the kernel ends an app that asks for it with a call that is not on its list.
    package static func time(of path: String) -> Int64? {
        #if canImport(Darwin)
        var status = stat()
        guard stat(path, &status) == 0, status.st_birthtimespec.tv_sec > 0 else { return nil }
        return Int64(status.st_birthtimespec.tv_sec) * 1_000_000_000 + Int64(status.st_birthtimespec.tv_nsec)
        #elseif os(Linux)
        let time = convo_birth_time(path)
        return time == 0 ? nil : time
        #else
        return nil
        #endif
    }
}
