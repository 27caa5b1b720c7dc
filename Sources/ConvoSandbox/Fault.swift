import ConvoServer

/// What can go wrong with a request that was all right. In the order in which one is chosen: the first that strikes.
public enum Fault: String, CaseIterable, Hashable, Sendable {
    case resetBeforeCommit = "reset-before-commit"
    case rateLimit = "rate-limit"
    case error500 = "error-500"
    case error502 = "error-502"
    case error503 = "error-503"
    case html = "html"
    case lateCommit = "late-commit"
    case resetAfterCommit = "reset-after-commit"
    case error500AfterCommit = "error-500-after-commit"
    case error502AfterCommit = "error-502-after-commit"
    case error503AfterCommit = "error-503-after-commit"
    case cutStream = "cut-stream"
    case slow = "slow"

    /// Whether it makes sense for a request that changes nothing.
    var strikesReads: Bool {
        switch self {
        case .lateCommit, .cutStream: false
        default: true
        }
    }

    var summary: String {
        switch self {
        case .resetBeforeCommit: "reset the connection; nothing is done"
        case .rateLimit: "answer 429 (see retry-after-seconds)"
        case .error500: "answer 500; nothing is done"
        case .error502: "answer 502 in plain text; nothing is done"
        case .error503: "answer 503 in plain text; nothing is done"
        case .html: "answer 200 with a page of HTML; nothing is done"
        case .lateCommit: "reset the connection; commit late-commit-ms later"
        case .resetAfterCommit: "commit, then reset the connection"
        case .error500AfterCommit: "commit, then answer 500"
        case .error502AfterCommit: "commit, then answer 502"
        case .error503AfterCommit: "commit, then answer 503"
        case .cutStream: "end a stream before its end; what is committed says cut-stream-output"
        case .slow: "wait slow-ms before doing anything else"
        }
    }
}
