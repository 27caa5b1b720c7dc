// One file for each thing that the system does for us: see DESIGN.md.

/// A file for this process alone, which the system removes when its last descriptor is closed.
package enum UnnamedFile {
    /// Makes a file (0600) and takes its name away.
    ///
    /// `mkstemp` writes the name into the template, in place of the six `X`, and no further: the array is its own copy, and ends with
    /// a zero byte.
    ///
    /// - Parameters:
    ///   - folder: the folder whose disk holds the file.
    ///   - name: how the name begins that the file has for a moment.
    /// - Returns: a descriptor, which the caller closes and no program inherits; -1 if the file cannot be made, with the reason
    ///   in `errno`.
    package static func make(in folder: String, name: String) -> Int32 {
        var path = Array("\(folder)/\(name)-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { return -1 }
        unlink(path)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }
}
