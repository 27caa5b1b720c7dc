// One file for each thing that the system does for us: see DESIGN.md.

/// Whose process is at the other end of a local socket, as the system tells it.
///
/// Its layout is that of the system's `struct ucred`, which Swift's modules leave out.
package struct PeerUser: Sendable {
    private let process: Int32
    /// The user's number.
    package let user: UInt32
    private let group: UInt32

    /// The socket's option that this is the value of; `nil` where the system has no such option.
    package static var option: (level: Int32, name: Int32)? {
        #if os(Linux) || os(Android)
        (SOL_SOCKET, SO_PEERCRED)
        #else
        nil
        #endif
    }
}
