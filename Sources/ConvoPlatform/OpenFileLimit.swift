// One file for each thing that the system does for us: see DESIGN.md.

/// How many files, and so connections, the process may have open.
package enum OpenFileLimit {
    /// Raises the limit as far as the system lets the process; where it does not, the limit stays.
    ///
    /// - Returns: the limit from now on; `nil` where the system does not tell it.
    package static func raise() -> Int? {
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return nil }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if setrlimit(resource, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
