import ConvoPlatform
import Foundation

/// A port of loopback that is bound and on which no program listens.
final class ClosedPort {
    let number: Int
    private let descriptor: Int32

    init() throws {
        (descriptor, number) = try boundSocket()
    }

    deinit { close(descriptor) }
}

/// A port where connections are neither accepted nor refused.
final class DeafPort {
    let number: Int
    private let descriptor: Int32
    private var fillers: [Int32] = []

    init() throws {
        (descriptor, number) = try boundSocket()
        listen(descriptor, 0)
        for _ in 0..<4 {
            let filler = try tcpSocket()
            _ = fcntl(filler, F_SETFL, O_NONBLOCK)
            var address = loopback(port: number)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            fillers.append(filler)
        }
    }

    deinit { for descriptor in fillers + [descriptor] { close(descriptor) } }
}

func tcpSocket() throws -> Int32 {
    let descriptor = SystemSocket.make(AF_INET, .stream)
    guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    return descriptor
}

func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = in_port_t(port).bigEndian
    return address
}

func boundSocket() throws -> (descriptor: Int32, port: Int) {
    let descriptor = try tcpSocket()
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
            bind(descriptor, plain, length) == 0 && getsockname(descriptor, plain, &length) == 0
        }
    }
    guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}
