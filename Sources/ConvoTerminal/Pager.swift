import ConvoPlatform

/// Shows a long text a screen at a time where its stream is a terminal, and writes it straight through elsewhere.
package struct Pager: Sendable {
    /// Options for `less`: quit if the text fits one screen (F), keep colours (R), leave the text on the screen (X).
    static let lessOptions = "FRX"

    /// The command line of the pager; `nil` where there is none.
    private let command: String?
    private let device: TerminalDevice

    /// Chooses the pager for a stream.
    ///
    /// - Parameters:
    ///   - device: where the text goes. A pager is used only where this is a terminal that is not dumb.
    ///   - environment: looks up an environment variable. `PAGER` names the pager; an empty one or `cat` means none.
    ///     Without it the pager is `less`.
    package init(device: TerminalDevice, environment: (String) -> String?) {
        self.device = device
        command = Pager.command(isTerminal: device.isTerminal, named: environment("PAGER"), term: environment("TERM"))
    }

    /// Whether text goes to the terminal without a pager.
    package var isDirect: Bool { command == nil }

    /// Whether links (OSC 8) reach the terminal: without a pager, and through `less` from version 566 on.
    ///
    /// > "Support OSC 8 hyperlinks when -R is in effect." greenwoodsoftware.com/less/news.566.html
    package func keepsHyperlinks() -> Bool {
        guard let command else { return true }
        guard let program = Pager.less(in: command), let pipe = popen("\(program) --version", "r") else { return false }
        defer { pclose(pipe) }
        var line = [UInt8](repeating: 0, count: 64)
        let count = fread(&line, 1, line.count, pipe)
        return Pager.lessVersion(String(decoding: line[..<count], as: UTF8.self)).map { $0 >= 566 } ?? false
    }

    /// The program of a command line that runs `less`, without its options; `nil` for another one.
    static func less(in command: String) -> String? {
        let program = command.prefix { $0 != " " }
        let isPlain = program.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-".utf8.contains(byte)
        }
        return isPlain && program.split(separator: "/").last == "less" ? String(program) : nil
    }

    /// The version that `less --version` tells: `less 590 (GNU regular expressions)`.
    static func lessVersion(_ text: String) -> Int? {
        guard text.hasPrefix("less ") else { return nil }
        return Int(text.dropFirst(5).prefix { $0.isASCII && $0.isNumber })
    }

    static func command(isTerminal: Bool, named: String?, term: String?) -> String? {
        guard isTerminal, term != "dumb" else { return nil }
        guard let named else { return "less" }
        return named.isEmpty || named == "cat" ? nil : named
    }

    /// Shows a text that is made while it is shown, and returns when the person has closed the pager.
    ///
    /// Where a pager is used, this removes the secrets from the environment of the whole process, so that the pager
    /// does not inherit them, and sets `LESS` and `LESSSECURE` unless they are set. Where the pager cannot be found,
    /// the text is made again and written straight through.
    ///
    /// - Parameters:
    ///   - secrets: names of environment variables.
    ///   - make: makes the text, and hands on its lines, sanitised, in pieces. It is left early where the person closes the
    ///     pager.
    /// - Throws: ``TerminalDevice/WriteFailure`` where the text was written without a pager, and that failed; what `make`
    ///   throws.
    package func show(hiding secrets: [String], _ make: (_ write: (LineText) throws -> Void) throws -> Void) throws {
        func writeThrough() throws { try make { try device.write($0) } }
        guard let command else { return try writeThrough() }
        for secret in secrets { unsetenv(secret) }
        setenv("LESS", Pager.lessOptions, 0)
        setenv("LESSSECURE", "1", 0)
        guard let pipe = popen(command, "w") else { return try writeThrough() }
        // Ctrl-C is for the pager, which stops reading and stays: without it, the shell would write over the pager's screen.
        let interrupt = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, interrupt) }
        let made = Result {
            try make { lines in
                guard fwrite(lines.bytes, 1, lines.bytes.count, pipe) == lines.bytes.count, fflush(pipe) == 0 else {
                    throw PagerClosed()
                }
            }
        }
        // The shell ends with 127 where it finds no such program.
        if pclose(pipe) == 127 << 8 { return try writeThrough() }
        do { try made.get() } catch is PagerClosed {}  // a person who quits early closes the pipe, which is no failure
    }

    private struct PagerClosed: Error {}
}
