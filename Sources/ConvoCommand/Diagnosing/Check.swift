import ConvoTerminal

/// One thing that `convo doctor` checks: it judges facts that were gathered before, and changes nothing.
struct Check: Sendable {
    /// Says what the facts mean for this part; nothing where the facts for it are missing.
    let judge: @Sendable (DiagnosticFacts) -> [Finding]

    /// All checks, in the order in which their findings are shown, and in which the first failure decides the exit code.
    ///
    /// What others depend on comes first.
    static let all: [Check] = [
        settings, libraries, folder, database, log, integrity, index, setAside, files, instance, outbox, daemon,
        endpoint, wakeups, service, key, server, account, clock,
    ]

    init(_ judge: @escaping @Sendable (DiagnosticFacts) -> [Finding]) { self.judge = judge }
}

/// A span of time in words, such as `5 min`, for a sentence.
enum SpanWords {
    static func of(_ microseconds: Int64) -> String {
        let seconds = microseconds.magnitude / 1_000_000
        return switch seconds {
        case 0..<120: "\(seconds) s"
        case 120..<7200: "\(seconds / 60) min"
        case 7200..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
