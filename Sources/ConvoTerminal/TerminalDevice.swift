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

/// Styles for text on a terminal that wants them; plain text everywhere else.
///
/// What is styled must be sanitised first: the styles' own escape sequences are the only ones that may get out.
public struct ANSIStyle: Hashable, Sendable {
    public static let plain = ANSIStyle(isColoured: false)
    public static let coloured = ANSIStyle(isColoured: true)

    public let isColoured: Bool

    private init(isColoured: Bool) { self.isColoured = isColoured }

    /// Colour is for a terminal that is not dumb, where `NO_COLOR` is not set to anything.
    ///
    /// > "… when present and not an empty string (regardless of its value), prevents the addition of ANSI color."
    /// > no-color.org
    public init(isTerminal: Bool, noColor: String?, term: String?) {
        isColoured = isTerminal && (noColor ?? "").isEmpty && term != "dumb"
    }

    public func strong(_ text: String) -> String { wrap(text, "1", "22") }
    public func faint(_ text: String) -> String { wrap(text, "2", "22") }
    public func alarm(_ text: String) -> String { wrap(text, "1;31", "22;39") }
    public func person(_ text: String) -> String { wrap(text, "1;36", "22;39") }
    public func model(_ text: String) -> String { wrap(text, "1;32", "22;39") }
    public func tool(_ text: String) -> String { wrap(text, "33", "39") }

    private func wrap(_ text: String, _ on: String, _ off: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(on)m\(text)\u{1B}[\(off)m" : text
    }
}

/// Shows a long text a screen at a time, where a person sits at a terminal; passes it on otherwise.
public struct Pager: Sendable {
    /// Quit if it fits one screen, keep colours, leave the text on the screen.
    static let lessOptions = "FRX"

    private let command: String?
    private let device: TerminalDevice

    /// - Parameter environment: `PAGER` names the pager; an empty one or `cat` means none. Without it: `less`.
    public init(device: TerminalDevice, environment: (String) -> String?) {
        self.device = device
        command = Pager.command(isTerminal: device.isTerminal, named: environment("PAGER"), term: environment("TERM"))
    }

    static func command(isTerminal: Bool, named: String?, term: String?) -> String? {
        guard isTerminal, term != "dumb" else { return nil }
        guard let named else { return "less" }
        return named.isEmpty || named == "cat" ? nil : named
    }

    /// Shows the text and returns when the person is done with it.
    ///
    /// The pager does not inherit the variables named in `secrets`.
    public func show(_ text: String, hiding secrets: [String]) throws(TerminalDevice.WriteFailure) {
        guard let command else { return try device.write(text) }
        for secret in secrets { unsetenv(secret) }
        setenv("LESS", Pager.lessOptions, 0)
        setenv("LESSSECURE", "1", 0)
        guard let pipe = popen(command, "w") else { return try device.write(text) }
        // A person who quits early closes the pipe: that is no failure.
        _ = text.withCString { fputs($0, pipe) }
        // 127: the shell found no such pager.
        if pclose(pipe) == 127 << 8 { try device.write(text) }
    }
}

/// One line on standard error that says how far a long job is; silent where that is no terminal.
public struct ProgressLine: Sendable {
    private let device: TerminalDevice
    /// Whether anybody sees it.
    public let isShown: Bool

    public init(device: TerminalDevice = .standardError) {
        self.device = device
        isShown = device.isTerminal
    }

    /// Replaces what the line said. A failure to write is no failure of the job, so none is reported.
    public func show(_ text: String) {
        guard isShown else { return }
        try? device.write(ProgressLine.line(text, width: device.width))
    }

    /// Takes the line away.
    public func clear() {
        guard isShown else { return }
        try? device.write(ProgressLine.line("", width: nil))
    }

    static func line(_ text: String, width: Int?) -> String {
        "\r\u{1B}[2K" + text.sanitised(.line).truncated(to: (width ?? 80) - 1)
    }
}
