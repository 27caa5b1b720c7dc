import Foundation
import Glibc

/// A terminal that a program writes to, and a test reads.
final class Terminal: @unchecked Sendable {
    /// The program's end; closed here once the program has it.
    let device: FileHandle
    // Touched by the one test that reads it.
    private var rest: AsyncStream<[UInt8]>.Iterator
    private var bytes: [UInt8] = []

    // ioctl_tty(2): macros that Swift does not import.
    private static let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
    private static let number: UInt = 0x8004_5430  // TIOCGPTN

    init?() {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, number): (Int32, UInt32) = (0, 0)
        guard descriptor >= 0, ioctl(descriptor, Terminal.unlock, &isLocked) == 0,
            ioctl(descriptor, Terminal.number, &number) == 0
        else { return nil }
        let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard other >= 0 else { return nil }
        device = FileHandle(fileDescriptor: other)
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        rest = stream.makeAsyncIterator()
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }  // EIO: the program has ended
                continuation.yield(Array(buffer[..<count]))
            }
            continuation.finish()
            close(descriptor)
        }
    }

    /// What was written so far, as soon as it is so, or all that was written till the program's end.
    func text(until isEnough: (String) -> Bool) async -> String {
        while !isEnough(text), let more = await rest.next() { bytes += more }
        return text
    }

    /// All that was written.
    func whole() async -> String { await text { _ in false } }

    private var text: String { String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n") }
}
