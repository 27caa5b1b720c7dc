import CPosix

/// Sockets of this machine's programs, which no program that is started inherits, and whose peers raise no signal.
package enum SystemSocket {
    /// What a socket carries.
    package enum Kind { case stream, datagram }

    /// The longest path of a local socket in bytes, without the zero that ends it.
    package static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    /// Where the path begins in the address of a local socket.
    package static let pathOffset = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? 2

    /// Whether a local socket may have a name that is no path, and begins with a zero byte.
    package static var hasAbstractPaths: Bool {
        #if os(Linux) || os(Android)
        true
        #else
        false
        #endif
    }

    /// Flags for send(2), so that a peer that is gone is an error and no `SIGPIPE`.
    package static var withoutSignal: Int32 {
        #if canImport(Darwin)
        0  // an option of the socket does it
        #else
        Int32(MSG_NOSIGNAL)
        #endif
    }

    /// What the other end of a connection has done.
    package enum Peer: Sendable {
        /// It holds the connection open.
        case holds
        /// It has closed its side, and its kernel has taken everything that was written before.
        case closed
        /// The connection has failed, or the other end has closed it without taking what was written, or without reading it.
        case broke
    }

    /// Asks the kernel what the other end of a connection has done; takes nothing that it has sent.
    ///
    /// - Parameter descriptor: a stream socket that is connected.
    /// - Returns: what is known at this moment.
    package static func peer(of descriptor: Int32) -> Peer {
        switch peek(descriptor) {
        case .some(1...): return .holds
        case .some(0): return convo_socket_took_all(descriptor) == 1 ? .closed : .broke
        default: return errno == EAGAIN || errno == EWOULDBLOCK ? .holds : .broke
        }
    }

    /// Whether bytes of the other end wait to be read.
    package static func hasInput(_ descriptor: Int32) -> Bool { (peek(descriptor) ?? 0) > 0 }

    /// How many bytes can be seen without being taken, one at most; `nil` with the reason in `errno`.
    private static func peek(_ descriptor: Int32) -> Int? {
        var byte: UInt8 = 0
        var count = -1
        repeat {
            count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        } while count < 0 && errno == EINTR
        return count < 0 ? nil : count
    }

    /// Sends a line feed to an end that has closed its side, behind the last response, where no HTTP client reads it. One that has
    /// closed its socket answers with a reset, which ``peer(of:)`` shows a moment later; one that may still read takes it.
    ///
    /// - Returns: whether it was sent. It is not where this side is closed, too.
    package static func probe(_ descriptor: Int32) -> Bool {
        var byte = UInt8(ascii: "\n")
        return send(descriptor, &byte, 1, withoutSignal | Int32(MSG_DONTWAIT)) == 1
    }

    /// Makes a socket.
    ///
    /// - Parameters:
    ///   - family: such as `AF_UNIX`.
    ///   - kind: what it carries.
    ///   - isBlocking: whether calls on it wait.
    /// - Returns: a descriptor, which the caller closes; negative with the reason in `errno` where there is none.
    package static func make(_ family: Int32, _ kind: Kind, isBlocking: Bool = true) -> Int32 {
        #if canImport(Darwin)
        let descriptor = socket(family, kind == .stream ? SOCK_STREAM : SOCK_DGRAM, 0)
        guard descriptor >= 0 else { return descriptor }
        var isOn: Int32 = 1
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        if !isBlocking { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        _ = setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
        #else
        // glibc's module has these as an enumeration, the others as numbers.
        #if canImport(Glibc)
        let type = kind == .stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue
        let flags = SOCK_CLOEXEC.rawValue | (isBlocking ? 0 : SOCK_NONBLOCK.rawValue)
        #else
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        let flags = SOCK_CLOEXEC | (isBlocking ? 0 : SOCK_NONBLOCK)
        #endif
        return socket(family, Int32(type | flags), 0)
        #endif
    }
}
