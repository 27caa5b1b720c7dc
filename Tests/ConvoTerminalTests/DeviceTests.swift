import ConvoPlatform
import Foundation
import Synchronization
import Testing

@testable import ConvoTerminal

@Suite struct `A stream that another program made non-blocking` {
    @Test(.enabled(if: access("/proc/thread-self", F_OK) == 0))
    func `is waited for asleep, and gets the whole text`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        defer { close(reader) }
        try #require(fcntl(writer, F_SETFL, fcntl(writer, F_GETFL) | O_NONBLOCK) == 0)
        let text = String(repeating: "0123456789abcdef", count: 64 << 10)
        let folder = Mutex<String?>(nil)
        Thread {
            let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
            folder.withLock { $0 = own.map { "/proc/\($0)" } }
            try? TerminalDevice(descriptor: writer).write(text)
            close(writer)
        }.start()

        // Nothing reads from the pipe: the writer fills it, and then has to sleep. A writer that spins never sleeps.
        let deadline = ContinuousClock.now + .seconds(20)
        var isAsleep = false
        while !isAsleep, ContinuousClock.now < deadline {
            isAsleep = isFull(reader) && folder.withLock { $0 }.flatMap(state) == "S"
        }
        #expect(isAsleep)

        var count = 0
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let got = read(reader, &buffer, buffer.count)
            guard got > 0 else { break }
            count += got
        }
        #expect(count == text.utf8.count)
    }

    @Test func `whose reader goes away ends the wait`() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        defer { close(writer) }
        try #require(fcntl(writer, F_SETFL, fcntl(writer, F_GETFL) | O_NONBLOCK) == 0)
        let failure = Mutex<TerminalDevice.WriteFailure?>(nil)
        let done = DispatchSemaphore(value: 0)
        Thread {
            do throws(TerminalDevice.WriteFailure) {
                try TerminalDevice(descriptor: writer).write(String(repeating: "x", count: 1 << 20))
            } catch {
                failure.withLock { $0 = error }
            }
            done.signal()
        }.start()
        while !isFull(reader) {}
        close(reader)
        #expect(done.wait(timeout: .now() + 20) == .success)
        #expect(failure.withLock { $0 } == .readerGone)
    }

    /// Whether a pipe is full.
    private func isFull(_ reader: Int32) -> Bool {
        var count: Int32 = 0
        return ioctl(reader, UInt(FIONREAD), &count) == 0 && count >= 64 << 10
    }

    /// The kernel's letter for a thread's state: `S` for one that sleeps.
    private func state(ofThread folder: String) -> Character? {
        guard let stat = try? String(contentsOfFile: "\(folder)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        return stat[end...].dropFirst(2).first
    }
}
