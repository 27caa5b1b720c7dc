// One file for each difference between systems: see DESIGN.md.

extension stat {
    /// When the file's bytes were changed last; on a folder, when a name in it was.
    package var modified: timespec {
        #if canImport(Darwin)
        st_mtimespec
        #else
        st_mtim
        #endif
    }
}
