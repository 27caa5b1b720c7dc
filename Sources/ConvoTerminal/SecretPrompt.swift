import ConvoPlatform

/// Asks a person for a secret on a terminal, which does not show it.
package enum SecretPrompt {
    /// The longest secret, in bytes.
    private static let limit = 4096

    // What the signal handler needs: it may only use what is there already. Written by the one thread that asks, before the
    // handler is set.
    nonisolated(unsafe) private static var attributes = termios()

    /// The reasons why there is no secret.
    package enum Failure: Error {
        /// Standard input ended, or cannot be read.
        case noInput
        /// The terminal cannot be kept from showing it.
        case echo(errno: Int32)
    }

    /// Prints a prompt to standard error and reads a line from standard input, which must be a terminal.
    ///
    /// Blocks until the line is there. A signal that ends the process gives the terminal its echo back first; Ctrl-Z is
    /// ignored meanwhile, since a shell would be left without an echo.
    ///
    /// - Parameter prompt: the prompt, sanitised.
    /// - Returns: the line without its end.
    /// - Throws: ``Failure``.
    package static func ask(_ prompt: String) throws(Failure) -> String {
        guard tcgetattr(STDIN_FILENO, &attributes) == 0 else { throw .echo(errno: errno) }
        let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
        for number in ending {
            signal(number) { number in
                tcsetattr(STDIN_FILENO, TCSANOW, &SecretPrompt.attributes)
                signal(number, SIG_DFL)
                raise(number)  // delivered when the handler returns
            }
        }
        signal(SIGTSTP, SIG_IGN)
        var silent = attributes
        silent.c_lflag &= ~tcflag_t(ECHO)
        let isSilent = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0
        let code = errno
        defer {
            tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
            for number in ending + [SIGTSTP] { signal(number, SIG_DFL) }
            try? TerminalDevice.standardError.write("\n")
        }
        guard isSilent else { throw .echo(errno: code) }
        try? TerminalDevice.standardError.write(prompt)
        return try line()
    }

    private static func line() throws(Failure) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < limit {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else {
                if bytes.isEmpty { throw .noInput }
                break
            }
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
