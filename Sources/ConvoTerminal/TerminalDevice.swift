import ConvoPlatform

/// One of the process's standard streams, and the terminal behind it, if there is one.
package struct TerminalDevice: Sendable {
    /// The stream for results.
    package static let standardOutput = TerminalDevice(descriptor: STDOUT_FILENO)
    /// The stream for errors and progress.
    package static let standardError = TerminalDevice(descriptor: STDERR_FILENO)
    /// The stream for a person's or a program's input.
    package static let standardInput = TerminalDevice(descriptor: STDIN_FILENO)

    /// The stream's file descriptor.
    package let descriptor: Int32

    /// Makes a stream of an open file, which the caller closes when the stream is not used any more.
    ///
    /// - Parameter descriptor: the file, open for what is done with the stream.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether the stream is connected to a terminal at this moment.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The terminal's width in columns; `nil` where there is no terminal or it does not report its size.
    package var width: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// The terminal's height in rows; `nil` where there is no terminal or it does not report its size.
    package var height: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    /// The width of one column in pixels; `nil` where there is no terminal or it does not tell.
    package var columnPixels: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_xpixel > 0 else {
            return nil
        }
        return Int(size.ws_xpixel / size.ws_col)
    }

    /// The style for text on this stream.
    ///
    /// - Parameter environment: looks up an environment variable; `NO_COLOR` and `TERM` are asked for.
    /// - Returns: a coloured style where the stream is a terminal and the environment allows it, or else a plain one.
    package func ansi(environment: (String) -> String?) -> ANSIStyle {
        ANSIStyle(isTerminal: isTerminal, noColor: environment("NO_COLOR"), term: environment("TERM"))
    }

    /// The reasons why a text was not written, or only in part.
    package enum WriteFailure: Error, Hashable, Sendable {
        /// The reader closed its end of the pipe, so nobody is left to be told.
        case readerGone
        /// write(2) failed with this `errno`.
        case failed(errno: Int32)
    }

    /// Writes the whole text.
    ///
    /// Blocks until the reader has taken it, also where another program made the stream non-blocking. The process must
    /// ignore `SIGPIPE`.
    ///
    /// - Throws: ``WriteFailure``, when a part may have been written.
    package func write(_ text: String) throws(WriteFailure) {
        var text = text
        if let failure = text.withUTF8({ write(UnsafeRawBufferPointer($0)[...]) }) { throw failure }
    }

    /// Writes all lines, as ``write(_:)-(String)`` writes a text.
    ///
    /// - Throws: ``WriteFailure``, when a part may have been written.
    package func write(_ lines: LineText) throws(WriteFailure) {
        if let failure = lines.bytes.withUnsafeBytes({ write($0[...]) }) { throw failure }
    }

    /// Writes bytes, as ``write(_:)-(String)`` writes a text.
    ///
    /// - Throws: ``WriteFailure``, when a part may have been written.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(WriteFailure) {
        if let failure = write(bytes[...]) { throw failure }
    }

    /// Writes as many bytes as the reader takes without a wait; to a terminal none, because it may stop at any byte.
    ///
    /// - Returns: how many were written.
    /// - Throws: ``WriteFailure``, when a part may have been written.
    package func writeAtOnce(_ bytes: UnsafeRawBufferPointer) throws(WriteFailure) -> Int {
        guard !isTerminal else { return 0 }
        var written = 0
        while written < bytes.count {
            // A pipe that takes anything takes a page.
            var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&event, 1, 0) == 1 else { break }
            let piece = bytes[written..<min(written + TerminalDevice.page, bytes.count)]
            if let failure = write(piece) { throw failure }
            written += piece.count
        }
        return written
    }

    private static let page = 4096

    private func write(_ bytes: Slice<UnsafeRawBufferPointer>) -> WriteFailure? {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = ConvoPlatform.write(descriptor, piece.baseAddress, piece.count)
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

    /// Sleeps until the stream takes more or is broken; the next write tells which.
    private func waitUntilWritable() {
        var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&event, 1, -1)
    }
}

/// Styles for text on a terminal that wants them; elsewhere each method returns its text unchanged.
///
/// Text must be sanitised before it is styled: the styles' own escape sequences are the only ones that may reach the
/// terminal.
package struct ANSIStyle: Hashable, Sendable {
    /// The style that changes nothing.
    package static let plain = ANSIStyle(isColoured: false)
    /// The style that adds escape sequences.
    package static let coloured = ANSIStyle(isColoured: true)

    /// Whether the methods add escape sequences, for weight as well as for colour.
    package let isColoured: Bool

    private init(isColoured: Bool) { self.isColoured = isColoured }

    /// Decides on the style of a stream: coloured on a terminal that is not dumb, unless `NO_COLOR` is set.
    ///
    /// > "… when present and not an empty string (regardless of its value), prevents the addition of ANSI color."
    /// > no-color.org
    ///
    /// - Parameters:
    ///   - isTerminal: whether the stream is a terminal.
    ///   - noColor: the value of `NO_COLOR`; `nil` where it is not set.
    ///   - term: the value of `TERM`; `nil` where it is not set.
    package init(isTerminal: Bool, noColor: String?, term: String?) {
        isColoured = isTerminal && (noColor ?? "").isEmpty && term != "dumb"
    }

    /// Bold, for a title or a match.
    package func strong(_ text: String) -> String { wrap(text, "1", "22") }
    /// Dimmed, for what accompanies the main text.
    package func faint(_ text: String) -> String { wrap(text, "2", "22") }
    /// Italic, for emphasis in running text.
    package func emphasised(_ text: String) -> String { wrap(text, "3", "23") }
    /// Underlined, for the text of a link.
    package func underlined(_ text: String) -> String { wrap(text, "4", "24") }
    /// Crossed out.
    package func struck(_ text: String) -> String { wrap(text, "9", "29") }
    /// Cyan, for code in running text.
    package func code(_ text: String) -> String { wrap(text, "36", "39") }
    /// A text that a terminal opens as a link where it knows OSC 8; unchanged where there are no escape sequences.
    ///
    /// - Parameters:
    ///   - text: the text, sanitised.
    ///   - url: printable ASCII without spaces.
    ///   - id: joins the parts of a link that is broken over several lines.
    /// - Returns: the text between the sequences that begin and end the link.
    package func linked(_ text: String, to url: String, id: String) -> String {
        let isSafe = (url + id).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isColoured && isSafe ? "\u{1B}]8;id=\(id);\(url)\u{1B}\\\(text)\u{1B}]8;;\u{1B}\\" : text
    }
    /// What stands at both ends of a dimmed line, with an indent.
    package func faintEnds(indent: String) -> LineText.Ends {
        isColoured ? LineText.Ends(start: "\u{1B}[2m" + indent, end: "\u{1B}[22m") : LineText.Ends(start: indent)
    }
    /// Bold red, for an error.
    package func alarm(_ text: String) -> String { wrap(text, "1;31", "22;39") }
    /// Bold cyan, for the person in a history.
    package func person(_ text: String) -> String { wrap(text, "1;36", "22;39") }
    /// Bold green, for the model in a history, or for success.
    package func model(_ text: String) -> String { wrap(text, "1;32", "22;39") }
    /// Yellow, for tools, functions and handoffs in a history.
    package func tool(_ text: String) -> String { wrap(text, "33", "39") }

    private func wrap(_ text: String, _ on: String, _ off: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(on)m\(text)\u{1B}[\(off)m" : text
    }
}

/// One line on standard error that shows how far a long job is; without a terminal, nothing is written.
package struct ProgressLine: Sendable {
    private let device: TerminalDevice
    /// Whether the stream is a terminal, so that the line can be seen.
    package let isShown: Bool

    /// Creates a line that is empty so far.
    package init(device: TerminalDevice = .standardError) {
        self.device = device
        isShown = device.isTerminal
    }

    /// Replaces the text of the line, sanitised and cut to the terminal's width.
    ///
    /// A failure to write is not reported, because the job itself does not depend on it.
    package func show(_ text: String) {
        guard isShown else { return }
        try? device.write(ProgressLine.line(text, width: device.width))
    }

    /// Empties the line.
    package func clear() {
        guard isShown else { return }
        try? device.write(ProgressLine.line("", width: nil))
    }

    /// The escape sequence that empties the line, and the new text, one column short of the width, which is 80 where it
    /// is unknown.
    static func line(_ text: String, width: Int?) -> String {
        "\r\u{1B}[2K" + text.sanitised(.line).truncated(to: (width ?? 80) - 1)
    }
}
