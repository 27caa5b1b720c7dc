import ConvoPlatform

/// An address at which only programs of this machine find a server: a socket in the file system, or a port of the loopback
/// interface.
package enum LocalAddress: Hashable, Sendable {
    /// A socket in the file system.
    case socket(path: String)
    /// A port of 127.0.0.1, or of ::1.
    case port(UInt16, isVersion6: Bool)

    /// Reads `unix:/PATH`, `127.0.0.1:PORT` or `[::1]:PORT`; `nil` for anything else.
    ///
    /// - Parameters:
    ///   - text: the address.
    ///   - takesAnyPort: whether the port may be 0, which stands for any free one.
    package init?(_ text: String, takesAnyPort: Bool = false) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), path.utf8.count <= SystemSocket.pathLimit, !path.utf8.contains(0) else {
                return nil
            }
            self = .socket(path: path)
            return
        }
        for (host, isVersion6) in [("127.0.0.1:", false), ("[::1]:", true)] where text.hasPrefix(host) {
            guard let port = UInt16(text.dropFirst(host.count)), port > 0 || takesAnyPort else { return nil }
            self = .port(port, isVersion6: isVersion6)
            return
        }
        return nil
    }

    /// The address of a socket that listens already, as a service manager passes one on; `nil` if it is none of this machine's
    /// programs alone.
    ///
    /// - Parameter descriptor: the socket.
    package init?(listening descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isNamed = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isNamed else { return nil }
        let found: LocalAddress? = withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_UNIX:
                let path = bytes[SystemSocket.pathOffset..<min(Int(length), bytes.count)].prefix { $0 != 0 }
                return path.isEmpty ? nil : .socket(path: String(decoding: path, as: UTF8.self))
            case AF_INET:
                let address = bytes.load(as: sockaddr_in.self)
                guard UInt32(bigEndian: address.sin_addr.s_addr) == 0x7F00_0001 else { return nil }
                return .port(UInt16(bigEndian: address.sin_port), isVersion6: false)
            case AF_INET6:
                var address = bytes.load(as: sockaddr_in6.self)
                var loopback = in6addr_loopback
                guard memcmp(&address.sin6_addr, &loopback, MemoryLayout<in6_addr>.size) == 0 else { return nil }
                return .port(UInt16(bigEndian: address.sin6_port), isVersion6: true)
            default: return nil
            }
        }
        guard let found else { return nil }
        self = found
    }

    /// Opens the socket for connections.
    ///
    /// A socket in the file system is for this user alone (0600). One that a process left behind which was killed is replaced;
    /// one that answers is not.
    ///
    /// - Parameter backlog: how many connections wait to be accepted.
    /// - Returns: the descriptor.
    /// - Throws: ``Failure`` if the place is taken or can't be used.
    package func listen(backlog: Int32 = LocalAddress.backlog) throws(Failure) -> Int32 {
        switch self {
        case .socket(let path): return try LocalAddress.listen(at: path, backlog)
        case .port(let port, let isVersion6): return try LocalAddress.listen(on: port, isVersion6, backlog)
        }
    }

    /// Whether some process listens there now. Nothing is changed: no socket is left behind, and no connection stays open.
    package var isTaken: Bool {
        switch self {
        case .socket(let path): return (try? LocalAddress.answers(LocalAddress.socketAddress(path))) == true
        case .port:
            do throws(Failure) {
                close(try listen())
                return false
            } catch { return error.code == EADDRINUSE }
        }
    }

    /// Why an address cannot be used.
    package struct Failure: Error, Equatable {
        /// `errno`.
        package let code: Int32
        /// The reason in words.
        package var reason: String { code == EADDRINUSE ? "it is in use" : String(cString: strerror(code)) }

        /// Makes a failure of an `errno`.
        package init(code: Int32) { self.code = code }
    }

    /// How many connections wait to be accepted where the caller names no number.
    package static let backlog: Int32 = 8

    private static func listen(at path: String, _ backlog: Int32) throws(Failure) -> Int32 {
        let address = socketAddress(path)
        try removeLeftover(path, address)
        return try open(AF_UNIX, address, backlog) { descriptor in
            chmod(path, 0o600) == 0 ? descriptor : -1
        }
    }

    private static func socketAddress(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return address
    }

    /// Removes the socket of a process that is gone.
    private static func removeLeftover(_ path: String, _ address: sockaddr_un) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(code: EEXIST) }
        guard try !answers(address) else { throw Failure(code: EADDRINUSE) }
        unlink(path)
    }

    /// Whether a process takes connections at a socket in the file system.
    private static func answers(_ address: sockaddr_un) throws(Failure) -> Bool {
        let probe = SystemSocket.make(AF_UNIX, .stream, isBlocking: false)
        guard probe >= 0 else { throw Failure(code: errno) }
        defer { close(probe) }
        return withAddress(of: address) { connect(probe, $0, $1) } == 0 || errno == EAGAIN
    }

    private static func listen(
        on port: UInt16, _ isVersion6: Bool, _ backlog: Int32
    ) throws(Failure) -> Int32 {
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return try open(AF_INET6, address, backlog) { $0 }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        return try open(AF_INET, address, backlog) { $0 }
    }

    /// Makes a socket, binds it to an address and listens.
    private static func open<Address>(
        _ family: Int32, _ address: Address, _ backlog: Int32, _ prepare: (Int32) -> Int32
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

extension LocalAddress: CustomStringConvertible {
    /// The address as it is given on the command line.
    package var description: String {
        switch self {
        case .socket(let path): "unix:\(path)"
        case .port(let port, let isVersion6): "\(isVersion6 ? "[::1]" : "127.0.0.1"):\(port)"
        }
    }
}
