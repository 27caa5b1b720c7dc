import ConvoPlatform

/// Where the metrics are told: a socket in the file system, or a port of this machine.
enum MetricsEndpoint: Equatable, Sendable {
    case socket(path: String)
    case port(UInt16, isVersion6: Bool)

    /// Reads `unix:/PATH`, `127.0.0.1:PORT` or `[::1]:PORT`; `nil` for anything else: the metrics are not for other machines.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= SystemSocket.pathLimit, !path.utf8.contains(0) else {
                return nil
            }
            self = .socket(path: path)
            return
        }
        for (host, isVersion6) in [("127.0.0.1:", false), ("[::1]:", true)] where text.hasPrefix(host) {
            guard let port = UInt16(text.dropFirst(host.count)), port > 0 else { return nil }
            self = .port(port, isVersion6: isVersion6)
            return
        }
        return nil
    }

    /// Opens the socket for connections.
    ///
    /// A socket in the file system is for this user alone (0600). One that a convod left behind which was killed is replaced;
    /// one that answers is not.
    ///
    /// - Returns: the descriptor.
    /// - Throws: ``Failure`` if the place is taken or can't be used.
    func listen() throws(Failure) -> Int32 {
        switch self {
        case .socket(let path): return try MetricsEndpoint.listen(at: path)
        case .port(let port, let isVersion6): return try MetricsEndpoint.listen(on: port, isVersion6)
        }
    }

    struct Failure: Error, Equatable {
        /// `errno`.
        let code: Int32
        var reason: String { code == EADDRINUSE ? "it is in use" : String(cString: strerror(code)) }
    }

    private static let backlog: Int32 = 8

    private static func listen(at path: String) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        try removeLeftover(path, address)
        return try open(AF_UNIX, address) { descriptor in
            chmod(path, 0o600) == 0 ? descriptor : -1
        }
    }

    /// Removes the socket of a process that is gone.
    private static func removeLeftover(_ path: String, _ address: sockaddr_un) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(code: EEXIST) }
        let probe = SystemSocket.make(AF_UNIX, .stream, isBlocking: false)
        guard probe >= 0 else { throw Failure(code: errno) }
        defer { close(probe) }
        let answers = withAddress(of: address) { connect(probe, $0, $1) } == 0 || errno == EAGAIN
        guard !answers else { throw Failure(code: EADDRINUSE) }
        unlink(path)
    }

    private static func listen(on port: UInt16, _ isVersion6: Bool) throws(Failure) -> Int32 {
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return try open(AF_INET6, address) { $0 }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        return try open(AF_INET, address) { $0 }
    }

    /// Makes a socket, binds it to an address and listens.
    private static func open<Address>(
        _ family: Int32, _ address: Address, _ prepare: (Int32) -> Int32
    ) throws(Failure) -> Int32 {
        let descriptor = SystemSocket.make(family, .stream)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        var isOn: Int32 = 1
        if family != AF_UNIX {
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        }
        // The mode of the socket's file is set before anybody can connect: only behind listen(2) that works.
        guard withAddress(of: address, { bind(descriptor, $0, $1) }) == 0, prepare(descriptor) == descriptor,
            ConvoPlatform.listen(descriptor, backlog) == 0
        else {
            let code = errno
            close(descriptor)
            throw Failure(code: code)
        }
        return descriptor
    }

    private static func withAddress<Address>(
        of address: Address, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
