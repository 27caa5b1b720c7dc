import ConvoPlatform

/// A message to the service manager that started the daemon, if one did: the protocol of sd_notify(3), without its
/// library.
struct ServiceNotice: Equatable {
    let text: String

    /// Whether the manager knows as much without it: the next of its kind says the same, or something newer.
    var isReplacedByNext: Bool { !text.hasPrefix("READY=") && !text.hasPrefix("RELOADING=") && self != .stopping }

    static func ready(_ status: String) -> ServiceNotice { ServiceNotice(text: "READY=1\nSTATUS=\(oneLine(status))") }
    static func status(_ status: String) -> ServiceNotice { ServiceNotice(text: "STATUS=\(oneLine(status))") }
    /// The daemon lives: the watchdog's sign.
    static let alive = ServiceNotice(text: "WATCHDOG=1")
    /// The start takes so much longer from now on.
    static func starting(_ status: String, within limit: Duration) -> ServiceNotice {
        ServiceNotice(
            text: "EXTEND_TIMEOUT_USEC=\(limit.components.seconds * 1_000_000)\nSTATUS=\(oneLine(status))")
    }
    static let stopping = ServiceNotice(text: "STOPPING=1")

    /// The daemon reads its configuration again.
    ///
    /// ``ready(_:)`` follows when the new configuration is in force.
    static func reloading(monotonicMicroseconds: Int64) -> ServiceNotice {
        ServiceNotice(text: "RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds)")
    }

    /// A status is one line; the manager would read a second line as an assignment.
    private static func oneLine(_ status: String) -> String {
        String(status.map { $0.isNewline ? " " : $0 })
    }
}

/// The service manager's socket.
struct ServiceManager {
    /// The longest address, in bytes: `sun_path` of unix(7), with room for the terminating zero.
    static let pathLimit = SystemSocket.pathLimit
    /// How long a notice that may not be lost waits for room in the manager's queue, in seconds.
    static let patience = 5

    private let path: [UInt8]

    /// Takes the address; sends nothing.
    ///
    /// - Parameter socket: the value of `NOTIFY_SOCKET`. The result is `nil` if no manager listens, or the value is not
    ///   an address that can be reached.
    init?(socket: String?) {
        guard let socket, let first = socket.utf8.first, socket.utf8.count <= ServiceManager.pathLimit else {
            return nil
        }
        switch first {
        case UInt8(ascii: "/"): path = Array(socket.utf8)
        // An abstract address begins with a zero byte.
        case UInt8(ascii: "@"): path = [0] + socket.utf8.dropFirst()
        default: return nil
        }
    }

    /// Sends one datagram.
    ///
    /// The kernel queues some ten of them for a manager that does not read. A sign of life or a status that finds no room
    /// is dropped at once. Any other notice blocks the thread until there is room, for ``patience`` seconds at most:
    /// without `READY=1`, the manager would take the start for failed.
    ///
    /// - Returns: whether the kernel took it. A manager that is gone is no reason to stop working.
    @discardableResult
    func tell(_ notice: ServiceNotice) -> Bool {
        let descriptor = SystemSocket.make(AF_UNIX, .datagram, isBlocking: !notice.isReplacedByNext)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: ServiceManager.patience, tv_usec: 0)
        guard setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
            return false
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(SystemSocket.pathOffset + path.count + (path.first == 0 ? 0 : 1))
        let bytes = Array(notice.text.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                var count = -1
                repeat {
                    count = sendto(descriptor, bytes, bytes.count, SystemSocket.withoutSignal, $0, length)
                } while count < 0 && errno == EINTR
                return count
            }
        }
        return sent == bytes.count
    }
}
