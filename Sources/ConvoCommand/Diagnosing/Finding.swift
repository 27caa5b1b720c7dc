import ConvoJSON
import ConvoTerminal

/// What a check says about one part of the installation.
struct Finding: Hashable {
    /// How much a finding matters.
    enum Severity: String, CaseIterable {
        /// The part is in order.
        case ok
        /// Worth knowing; nothing is to be done.
        case note
        /// Convo works, and something is not as it should be, or waits for the person.
        case warning
        /// Convo cannot do a part of its work. It decides the exit code.
        case failure
    }

    /// The name of the part, such as `database`.
    let part: String
    let severity: Severity
    /// A stable name in snake case, for programs to compare; `nil` where the part is in order.
    let code: String?
    /// What was found, as a sentence; it may hold text of a server, and is not sanitised.
    let message: String
    /// The way out; `nil` where nothing is to be done.
    let hint: String?
    /// The status with which the process ends if this is its first failure.
    let exitCode: ExitCode

    private init(
        _ part: String, _ severity: Severity, code: String? = nil, _ message: String, hint: String? = nil,
        exitCode: ExitCode = .done
    ) {
        (self.part, self.severity, self.code) = (part, severity, code)
        (self.message, self.hint, self.exitCode) = (message, hint, exitCode)
    }

    static func ok(_ part: String, _ message: String) -> Finding { Finding(part, .ok, message) }

    static func note(_ part: String, code: String, _ message: String, hint: String? = nil) -> Finding {
        Finding(part, .note, code: code, message, hint: hint)
    }

    static func warning(_ part: String, code: String, _ message: String, hint: String) -> Finding {
        Finding(part, .warning, code: code, message, hint: hint)
    }

    static func failure(
        _ part: String, _ exitCode: ExitCode, code: String, _ message: String, hint: String
    ) -> Finding {
        Finding(part, .failure, code: code, message, hint: hint, exitCode: exitCode)
    }

    static func failure(_ part: String, _ error: CLIError) -> Finding {
        Finding(part, .failure, code: error.code, error.message, hint: error.hint, exitCode: error.exitCode)
    }

    /// The error with which the command ends; `nil` unless this is a failure.
    var error: CLIError? {
        guard severity == .failure else { return nil }
        return CLIError(exitCode, code: code ?? "unexpected", message: message, hint: hint)
    }

    var json: JSONText {
        .object([
            "part": .string(part), "ok": .bool(severity != .failure), "message": .string(message),
            "hint": .string(hint),
            "severity": .string(severity.rawValue), "code": .string(code),
        ])
    }
}
