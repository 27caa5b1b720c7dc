// One file for each difference between systems: see DESIGN.md.

import CPosix

/// The process that has started this one, watched for its end.
///
/// Linux's `PR_SET_PDEATHSIG` is not used: it fires when the *thread* ends that has started this process, which a client's
/// thread may do long before the client does (prctl(2)).
package struct ParentProcess: Sendable {
    /// A descriptor that poll(2) finds readable once the parent has ended; negative where the system has none, and ``hasEnded`` is
    /// to be asked now and then.
    package let descriptor: Int32
    private let id: Int32

    /// Begins to watch; the descriptor stays open as long as the process runs.
    package init() {
        id = getppid()
        #if os(Linux)
        descriptor = convo_process_descriptor(id)
        #else
        descriptor = -1
        #endif
    }

    /// Whether the parent has ended: an orphan gets another one.
    package var hasEnded: Bool { getppid() != id }
}

/// Where programs with windows keep their settings.
package enum ApplicationSettings {
    /// The folder below the home; `nil` where it is that of the XDG specification.
    package static var folder: String? {
        #if canImport(Darwin)
        "Library/Application Support"
        #else
        nil
        #endif
    }
}
