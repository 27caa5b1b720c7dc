import Glibc

/// One of the process's standard streams, and what is known of the terminal behind it.
public struct TerminalDevice: Sendable {
    public static let standardOutput = TerminalDevice(descriptor: STDOUT_FILENO)
    public static let standardError = TerminalDevice(descriptor: STDERR_FILENO)
    public static let standardInput = TerminalDevice(descriptor: STDIN_FILENO)

    public let descriptor: Int32

    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The terminal's columns; `nil` where there is no terminal or it does not say.
    public var width: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// How this stream is to be styled, as its environment asks for it.
    public func ansi(environment: (String) -> String?) -> ANSIStyle {
        ANSIStyle(isTerminal: isTerminal, noColor: environment("NO_COLOR"), term: environment("TERM"))
    }

    /// Why a write came to nothing.
    public enum WriteFailure: Error, Hashable, Sendable {
        /// The reader went away: nobody is left to be told.
        case readerGone
        case failed(errno: Int32)
    }

    /// Writes the whole text. Where another program made the stream non-blocking, this waits for its reader.
    public func write(_ text: String) throws(WriteFailure) {
        var text = text
        if let failure = text.withUTF8({ write(UnsafeRawBufferPointer($0)[...]) }) { throw failure }
    }

    private func write(_ bytes: Slice<UnsafeRawBufferPointer>) -> WriteFailure? {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                return .readerGone
            } else if errno == EAGAIN {
                waitUntilWritable()
            } else if errno != EINTR {
                return .failed(errno: errno)
            }
        }
        return nil
    }

    /// Sleeps until the stream takes more, or is broken: the next write tells which.
    private func waitUntilWritable() {
        var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&event, 1, -1)
    }
}
