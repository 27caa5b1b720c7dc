package import ConvoJSON

/// The report to a person or a program that a command could not do its work.
package struct CLIError: Error, Hashable, Sendable {
    /// A stable name in snake case, for programs to compare.
    package let code: String
    /// One sentence that says what went wrong; it may hold text that came from a server, and is not sanitised.
    package let message: String
    /// What the person does next; `nil` where there is nothing to do.
    package let hint: String?
    /// The status with which the process ends.
    package let exitCode: ExitCode

    /// Creates a report.
    ///
    /// - Parameters:
    ///   - exitCode: the status with which the process ends.
    ///   - code: a stable name in snake case.
    ///   - message: one sentence that says what went wrong.
    ///   - hint: what the person does next.
    package init(_ exitCode: ExitCode, code: String, message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }

    /// The report for programs: `{"error": {"code", "message", "hint"}}`, with `null` for a missing hint.
    package var json: JSONText {
        .object([
            "error": .object(["code": .string(code), "message": .string(message), "hint": .string(hint)])
        ])
    }

    /// The report for a person: the message and the hint, each beginning a line, sanitised, without a line end.
    ///
    /// - Parameters:
    ///   - ansi: the style.
    ///   - width: the terminal's width in columns, for which lines are broken; `nil` where nothing is broken.
    /// - Returns: the lines.
    package func text(ansi: ANSIStyle, width: Int? = nil) -> String {
        let first = CLIError.paragraph("Error:", ansi.alarm, message, width)
        guard let hint else { return first }
        return first + "\n" + CLIError.paragraph("Hint:", ansi.faint, hint, width)
    }

    private static func paragraph(
        _ label: String, _ style: (String) -> String, _ words: String, _ width: Int?
    ) -> String {
        let lines = "\(label) \(words.sanitised(.line))".wrapped(to: width ?? 0)
        return style(label) + lines.joined(separator: "\n").dropFirst(label.count)
    }
}

/// The status with which a process ends, in the numbers of sysexits(3).
package enum ExitCode: Int32, Sendable {
    /// The command did its work.
    case done = 0
    /// The arguments are wrong or ambiguous.
    case usage = 64
    /// Input that is not valid, a request that cannot be sent or that the server refused, or something that waits for
    /// the person's decision.
    case badData = 65
    /// No such conversation, entry, write or file.
    case notFound = 66
    /// The server cannot be reached, or what answers is not the API.
    case unreachable = 69
    /// An error that the program does not expect.
    case `internal` = 70
    /// The database or the output cannot be read or written, or the database is gone.
    case diskError = 74
    /// Nothing is lost, and something stays queued or undecided: the same command may succeed later.
    case tryLater = 75
    /// The server refused the key.
    case credentialsRefused = 77
    /// The configuration cannot be used, or does not fit the server or the database.
    case configuration = 78
}
