public import ConvoModel

/// What a person or a program is told when a command can't do its work.
public struct CLIError: Error, Hashable, Sendable {
    /// A stable name in snake case.
    public let code: String
    /// One sentence.
    public let message: String
    /// What to do next.
    public let hint: String?
    public let exitCode: ExitCode

    public init(_ exitCode: ExitCode, code: String, message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }

    /// `{"error": {"code", "message", "hint"}}`
    public var json: JSONText {
        .object([
            "error": .object(["code": .string(code), "message": .string(message), "hint": .string(hint)])
        ])
    }

    /// The message and the hint on lines of their own, fit for a terminal.
    public func text(ansi: ANSIStyle) -> String {
        let first = "\(ansi.alarm("Error:")) \(message.sanitised(.line))"
        guard let hint else { return first }
        return "\(first)\n\(ansi.faint("Hint:")) \(hint.sanitised(.line))"
    }
}

/// How a command ended, in the numbers of sysexits(3).
public enum ExitCode: Int32, Sendable {
    case done = 0
    case usage = 64
    case badData = 65
    /// No such conversation, entry or file.
    case notFound = 66
    case unreachable = 69
    case `internal` = 70
    case diskError = 74
    /// Nothing is lost; something stays queued.
    case tryLater = 75
    case credentialsRefused = 77
    case configuration = 78
}
