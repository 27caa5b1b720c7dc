import ConvoPlatform
import Foundation

/// The service manager's end of the socket to which a daemon reports.
final class NotifySocket: Sendable {
    let path: String
    private let descriptor: Int32

    init?(in folder: URL) {
        path = folder.appendingPathComponent("notify").path
        descriptor = SystemSocket.make(AF_UNIX, .datagram)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard bound == 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// The next notice; empty if none comes in time.
    func next() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var buffer = [UInt8](repeating: 0, count: 4096)
                // A signal ends the wait of a socket with a time limit (signal(7)), whatever its handler asks for.
                var count = -1
                repeat { count = recv(descriptor, &buffer, buffer.count, 0) } while count < 0 && errno == EINTR
                continuation.resume(returning: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
            }
        }
    }
}
