import ConvoPlatform
import Foundation

/// A pseudo-terminal that a program writes to and a test reads.
final class Terminal: @unchecked Sendable {
    /// The program's end; closed in this process once the program has it.
    let device: FileHandle
    // Only the one test that reads the terminal uses these two.
    private var rest: AsyncStream<[UInt8]>.Iterator
    private var bytes: [UInt8] = []

    // Macros of ioctl_tty(2) that Swift does not import.
    private static let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
    private static let number: UInt = 0x8004_5430  // TIOCGPTN

    init?() {
        guard let (descriptor, other) = Terminal.ends() else { return nil }
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

    /// Opens both ends, so that no program that another test starts gets them; the test's comes first.
    private static func ends() -> (Int32, Int32)? {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, number): (Int32, UInt32) = (0, 0)
        if descriptor >= 0, ioctl(descriptor, unlock, &isLocked) == 0, ioctl(descriptor, Terminal.number, &number) == 0
        {
            let other = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            return other >= 0 ? (descriptor, other) : nil
        }
        // Another system's terminals have other numbers.
        if descriptor >= 0 { close(descriptor) }
        var (mine, other): (Int32, Int32) = (-1, -1)
        guard openpty(&mine, &other, nil, nil, nil) == 0 else { return nil }
        for end in [mine, other] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (mine, other)
    }

    /// The program's output so far, as soon as it is enough; all that it wrote if it ends before.
    func text(until isEnough: (String) -> Bool) async -> String {
        while !isEnough(text), let more = await rest.next() { bytes += more }
        return text
    }

    /// All that the program wrote until its end.
    func whole() async -> String { await text { _ in false } }

    private var text: String { String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n") }
}
